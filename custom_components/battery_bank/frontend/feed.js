// One subscription for all cards of a page, and how much of it can be believed at the moment.
import { State } from "./state.js";

export const QUIET = 15_000; // ms without a message, after which the server is asked
export const PATIENCE = 5_000; // ms for its answer
const LINGER = 10_000; // ms that a subscription outlives its last card, as when another view is opened
const PAUSES = [1_000, 2_000, 5_000, 10_000]; // ms between two attempts

/** @type {Change} */
const EVERYTHING = { lines: true, strings: null };

/** @type {WeakMap<Connection, Feed>} */
const feeds = new WeakMap();

/** @param {Connection} connection */
export function feedOf(connection) {
	const feed = feeds.get(connection) ?? new Feed(connection);
	feeds.set(connection, feed);
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
	/** @type {Timer} */
	#timer;
	/** @type {Timer} */
	#lingering;
	#on = false;

	/** @param {Connection} connection */
	constructor(connection) {
		this.connection = connection;
	}

	/** @param {(change: Change) => void} listener */
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

	/** Wait for the state; null if that takes too long. @param {number} patience ms @returns {Promise<State | null>} */
	known(patience) {
		return new Promise((resolve) => {
			/** @param {State | null} state */
			const done = (state) => {
				clearTimeout(timer);
				queueMicrotask(() => unlisten());
				resolve(state);
			};
			const timer = setTimeout(() => done(null), patience);
			const unlisten = this.listen(() => this.state.known && done(this.state));
		});
	}

	#begin() {
		this.#on = true;
		this.connection.addEventListener("ready", this.#subscribe);
		this.connection.addEventListener("disconnected", this.#lose);
		if (this.connection.connected) this.#subscribe();
		else this.#lose();
	}

	#end() {
		this.#on = false;
		this.connection.removeEventListener("ready", this.#subscribe);
		this.connection.removeEventListener("disconnected", this.#lose);
		this.#drop();
		this.status = "waiting";
	}

	#lose = () => {
		this.#drop();
		this.#become("lost");
	};

	#drop() {
		this.#turn++;
		clearTimeout(this.#timer);
		this.#leave(this.#unsubscribe);
		this.#unsubscribe = null;
	}

	/** Without a connection there is nothing to leave: it went with it. @param {(() => unknown) | null} unsubscribe */
	#leave(unsubscribe) {
		if (unsubscribe && this.connection.connected) Promise.resolve(unsubscribe()).catch(() => {});
	}

	// Everything is asked for anew: the page's own resubscription fails for good while the server still starts.
	#subscribe = async () => {
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
			else this.#leave(unsubscribe);
		} catch {
			this.#fail(turn);
		}
	};

	/** @param {number} turn */
	#fail(turn) {
		if (turn !== this.#turn) return;
		this.#drop();
		this.#become(this.state.known ? "stale" : "unavailable");
		const pause = PAUSES[Math.min(this.#tries++, PAUSES.length - 1)];
		this.#timer = setTimeout(() => this.connection.connected && this.#subscribe(), pause);
	}

	/** @param {number} turn @param {Message} message */
	#take(turn, message) {
		if (turn !== this.#turn) return;
		const change = this.state.take(message);
		if (!change) return void this.#subscribe();
		this.#tries = 0;
		this.heard = Date.now() / 1000;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(this.#subscribe, QUIET);
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
