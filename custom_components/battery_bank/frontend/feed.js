/**
 * One subscription for all cards of a page, and how much of it can be believed at the moment.
 *
 * @typedef {import("./types").Change} Change
 * @typedef {import("./types").Connection} Connection
 * @typedef {"waiting" | "live" | "stale" | "lost" | "unavailable"} Status
 */
import { State } from "./state.js";

export const QUIET = 15_000; // ms without a message, after which the server is asked
export const PATIENCE = 5_000; // ms for its answer
const LINGER = 10_000; // ms that a subscription outlives its last card, as when another view is opened
const PAUSES = [1_000, 2_000, 5_000, 10_000]; // ms between two attempts

/** @type {WeakMap<Connection, Feed>} */
const feeds = new WeakMap();

/**
 * Return the feed of a connection.
 *
 * @param {Connection} connection
 * @returns {Feed}
 */
export function feedOf(connection) {
  let feed = feeds.get(connection);
  if (!feed) feeds.set(connection, (feed = new Feed(connection)));
  return feed;
}

export class Feed {
  state = new State();
  /** @type {Status} */
  status = "waiting";
  /** When the last message came, in s since 1970. @type {number | null} */
  heard = null;
  /** @type {Set<(change: Change) => void>} */
  #listeners = new Set();
  /** @type {(() => unknown) | null} */
  #unsubscribe = null;
  #turn = 0; // answers to what an earlier turn asked are not for us
  #tries = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lingering;
  #on = false;

  /** @param {Connection} connection */
  constructor(connection) {
    this.connection = connection;
  }

  /**
   * Call a listener at each change, and once now; returns what ends that.
   *
   * @param {(change: Change) => void} listener
   * @returns {() => void}
   */
  listen(listener) {
    this.#listeners.add(listener);
    clearTimeout(this.#lingering);
    if (this.#on) listener(EVERYTHING);
    else this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (!this.#listeners.size) this.#lingering = setTimeout(() => this.#end(), LINGER);
    };
  }

  /**
   * Return the state once it is known, or null if that takes too long.
   *
   * @param {number} patience ms
   * @returns {Promise<State | null>}
   */
  known(patience) {
    return new Promise((resolve) => {
      /** @param {State | null} state */
      const done = (state) => {
        clearTimeout(timer);
        queueMicrotask(() => unlisten());
        resolve(state);
      };
      const timer = setTimeout(() => done(null), patience);
      const unlisten = this.listen(() => {
        if (this.state.known) done(this.state);
      });
    });
  }

  #begin() {
    this.#on = true;
    this.connection.addEventListener("ready", this.#ready);
    this.connection.addEventListener("disconnected", this.#disconnected);
    if (this.connection.connected) void this.#subscribe();
    else this.#become("lost");
  }

  #end() {
    this.#on = false;
    this.connection.removeEventListener("ready", this.#ready);
    this.connection.removeEventListener("disconnected", this.#disconnected);
    this.#drop();
    this.status = "waiting";
  }

  #ready = () => void this.#subscribe();

  #disconnected = () => {
    this.#turn++;
    clearTimeout(this.#timer);
    this.#unsubscribe = null; // it went with the connection
    this.#become("lost");
  };

  #drop() {
    this.#turn++;
    clearTimeout(this.#timer);
    const unsubscribe = this.#unsubscribe;
    this.#unsubscribe = null;
    if (unsubscribe && this.connection.connected) void Promise.resolve(unsubscribe()).catch(() => {});
  }

  /** Ask for everything anew. The server's own resubscription would fail for good while it still starts. */
  async #subscribe() {
    this.#drop();
    const turn = this.#turn;
    this.#timer = setTimeout(() => this.#fail(turn), PATIENCE);
    try {
      const unsubscribe = await this.connection.subscribeMessage(
        (message) => this.#take(turn, message),
        { type: "battery_bank/subscribe" },
        { resubscribe: false },
      );
      if (turn === this.#turn) this.#unsubscribe = unsubscribe;
      else if (this.connection.connected) void Promise.resolve(unsubscribe()).catch(() => {});
    } catch {
      this.#fail(turn);
    }
  }

  /** @param {number} turn */
  #fail(turn) {
    if (turn !== this.#turn) return;
    this.#drop();
    this.#become(this.state.known ? "stale" : "unavailable");
    const pause = PAUSES[Math.min(this.#tries++, PAUSES.length - 1)];
    this.#timer = setTimeout(() => this.connection.connected && void this.#subscribe(), pause);
  }

  /**
   * @param {number} turn
   * @param {import("./types").Message} message
   */
  #take(turn, message) {
    if (turn !== this.#turn) return;
    clearTimeout(this.#timer);
    const change = this.state.take(message);
    if (!change) {
      void this.#subscribe();
      return;
    }
    this.#tries = 0;
    this.heard = Date.now() / 1000;
    this.#timer = setTimeout(() => void this.#subscribe(), QUIET);
    const before = this.status;
    this.status = "live";
    this.#tell(before === "live" ? change : EVERYTHING);
  }

  /** @param {Status} status */
  #become(status) {
    if (this.status === status) return;
    this.status = status;
    this.#tell(EVERYTHING);
  }

  /** @param {Change} change */
  #tell(change) {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

/** @type {Change} */
const EVERYTHING = { lines: true, strings: null };
