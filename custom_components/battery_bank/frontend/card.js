/**
 * What all cards have in common: the feed, the words, the string they are about, and what is said when the values
 * can't be believed.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").CardConfig} CardConfig
 * @typedef {import("./types").Change} Change
 * @typedef {import("./types").Hass} Hass
 * @typedef {import("./types").Moved} Moved
 */
import { el, tell, write } from "./dom.js";
import { feedOf } from "./feed.js";
import { Format } from "./format.js";
import { QUANTITY_NAMES } from "./quantities.js";
import { sheet } from "./style.js";
import { Texts, textsOf } from "./texts.js";

/** @type {Moved} */
export const ALL = { all: true, values: true, alarms: true, cells: new Set() };
const AGAIN = 5_000; // ms until the words are asked for again
const SERVED = /\/battery_bank\/(\d[^/]*)\//.exec(import.meta.url)?.[1]; // the version these files are of

/** The card that got its words last. @type {Card | null} */
let last = null;

export class Card extends HTMLElement {
  /** What can be chosen in its configuration. @type {string[]} */
  static fields = ["string"];
  /** Whether one card shows one string, chosen by its configuration or above it. */
  static one = true;
  /** @type {CardConfig} */
  config = { type: "" };
  texts = new Texts({});
  /** @type {Format} */ // @ts-expect-error - set before anything is shown
  format;
  /** @type {Hass | undefined} */
  #hass;
  /** @type {(() => void) | null} */
  #unlisten = null;
  #ready = false;
  #built = "";
  /** @type {string | undefined} */
  #picked;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet()];
    this.heading = el("h2");
    this.tools = el("div", { class: "tools" });
    this.picker = /** @type {HTMLSelectElement} */ (el("select", { hidden: true, onchange: () => this.#pick() }));
    this.notice = el("p", { class: "notice", role: "status", hidden: true });
    this.body = el("div", { class: "body" });
    this.card = el(
      "section",
      { class: "card", "aria-busy": "true" },
      el("header", {}, this.heading, this.picker, this.tools),
      this.notice,
      this.body,
    );
    root.append(this.card);
  }

  /** @param {CardConfig} config */
  setConfig(config) {
    this.config = { ...config };
    this.#built = "";
    this.toggleAttribute("fill", Boolean(config.fill));
    this.#all();
  }

  /** @param {Hass} hass */
  set hass(hass) {
    const before = this.#hass;
    this.#hass = hass;
    if (before?.themes !== hass.themes) this.toggleAttribute("dark", Boolean(hass.themes?.darkMode));
    if (before?.connection !== hass.connection) this.#listen();
    if (before?.connection !== hass.connection || before?.locale !== hass.locale || before.config !== hass.config) {
      void this.#learn();
    }
  }

  get hass() {
    return /** @type {Hass} */ (this.#hass);
  }

  get feed() {
    return feedOf(this.hass.connection);
  }

  get state() {
    return this.feed.state;
  }

  /** The string this card is about. @returns {BankString | undefined} */
  get string() {
    const { strings } = this.state;
    const wanted = this.config.string ?? this.#picked;
    if (!wanted) return strings.values().next().value;
    return strings.get(wanted) ?? [...strings.values()].find((string) => string.name === wanted);
  }

  connectedCallback() {
    this.#listen();
  }

  disconnectedCallback() {
    this.#unlisten?.();
    this.#unlisten = null;
  }

  /** In rows of about 50 px, for the older views. */
  getCardSize() {
    return 6;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6 };
  }

  /** The form of its configuration. Home Assistant asks for it without `hass`, so the last card helps out. */
  static getConfigForm() {
    const texts = last?.texts ?? new Texts({});
    const strings = [...(last?.state.strings.values() ?? [])].map(({ id, name }) => ({ value: id, label: name }));
    const quantities = QUANTITY_NAMES.map(([value, key]) => ({ value, label: texts.say(key) }));
    /** @type {Record<string, object>} */
    const selectors = {
      string: { select: { mode: "dropdown", options: strings } },
      quantity: { select: { mode: "dropdown", options: quantities } },
      compact: { boolean: {} },
    };
    const labels = { quantity: "colour_by" };
    return {
      schema: this.fields.map((name) => ({ name, selector: selectors[name] })),
      computeLabel: (/** @type {{name: string}} */ { name }) => texts.say(/** @type {any} */ (labels)[name] ?? name),
    };
  }

  static getStubConfig() {
    return {};
  }

  /**
   * Make what is inside for a string: it is new, or its batteries or limits are.
   *
   * @param {BankString} _string
   */
  build(_string) {}

  /**
   * Show what moved.
   *
   * @param {BankString} _string
   * @param {Moved} _moved
   */
  update(_string, _moved) {}

  /**
   * Call an action, and say how that went.
   *
   * @param {string} domain
   * @param {string} service
   * @param {object} data
   * @returns {Promise<string>}
   */
  async act(domain, service, data) {
    try {
      await this.hass.callService(domain, service, data);
      return this.texts.say("requested");
    } catch (error) {
      return this.texts.say("failed", { reason: reasonOf(error) });
    }
  }

  /** @param {string} message */
  say(message) {
    tell(this, "hass-notification", { message });
  }

  #listen() {
    this.#unlisten?.();
    this.#unlisten = null;
    if (this.#hass && this.isConnected) this.#unlisten = this.feed.listen((change) => this.#changed(change));
  }

  async #learn() {
    const hass = this.hass;
    try {
      const texts = await textsOf(hass.connection, hass.locale?.language ?? hass.language);
      if (hass.connection !== this.hass.connection) return;
      this.texts = texts;
      this.format = new Format(hass);
      this.#ready = true;
      last = this;
      this.#built = "";
      this.#all();
    } catch {
      setTimeout(() => void this.#learn(), AGAIN);
    }
  }

  #all() {
    if (this.#hass) this.#changed({ lines: true, strings: null });
  }

  /** @param {Change} change */
  #changed(change) {
    if (!this.#ready) return;
    if (change.lines || !change.strings) this.#warn();
    if (!this.state.known) return;
    if (!change.strings) this.card.setAttribute("aria-busy", "false");
    this.changed(change);
  }

  /**
   * Take a change in. Cards about several strings do it otherwise.
   *
   * @param {Change} change
   */
  changed(change) {
    const string = this.string;
    if (!string) {
      const gone = this.state.strings.size > 0;
      this.#built = "";
      this.body.replaceChildren(el("p", { class: "empty" }, this.texts.say(gone ? "string_gone" : "no_strings")));
      return;
    }
    if (!change.strings) {
      this.#offer(string);
      const made = JSON.stringify([string.id, string.name, string.batteries, string.limits, string.measures]);
      if (made !== this.#built) {
        this.#built = made;
        this.build(string);
      }
      this.update(string, ALL);
      return;
    }
    const moved = change.strings.get(string.id);
    if (moved) this.update(string, moved);
  }

  /** @param {BankString} string */
  #offer(string) {
    const { strings } = this.state;
    this.picker.hidden = Boolean(this.config.string) || strings.size < 2;
    if (this.picker.hidden) return;
    this.picker.setAttribute("aria-label", this.texts.say("string"));
    this.picker.replaceChildren(...[...strings.values()].map((one) => el("option", { value: one.id }, one.name)));
    this.picker.value = string.id;
  }

  #pick() {
    this.#picked = this.picker.value;
    this.#built = "";
    this.#all();
  }

  /** Say what is wrong with the values, and grey them out. */
  #warn() {
    const { status, heard } = this.feed;
    const time = this.format.since(heard);
    const { one } = /** @type {typeof Card} */ (this.constructor);
    const line = one && this.string ? this.state.lines.get(this.string.line) : undefined;
    let text = "";
    if (status === "lost") text = this.texts.say(heard ? "lost" : "waiting", { time });
    else if (status === "stale") text = this.texts.say("stale", { time });
    else if (status === "unavailable") text = this.texts.say("unavailable");
    else if (line?.down) text = this.texts.say("line_down", { reason: this.reason(line.down) });
    else if (line && !line.loaded) text = this.texts.say("line_not_loaded");
    this.toggleAttribute("old", Boolean(text));
    const newer = !text && SERVED && this.state.version && this.state.version !== SERVED;
    if (newer) text = this.texts.say("reload");
    if (this.notice.dataset.text === text) return;
    this.notice.dataset.text = text;
    this.notice.hidden = !text;
    const reload = el("button", { onclick: () => location.reload() }, this.texts.say("reload_now"));
    this.notice.replaceChildren(text, ...(newer ? [reload] : []));
  }

  /** @param {string} down */
  reason(down) {
    return this.texts.or(`down.${down}`, down);
  }

  /**
   * Give the card its name.
   *
   * @param {string} text
   */
  name(text) {
    write(this.heading, text);
    this.card.setAttribute("aria-label", text);
  }
}

/**
 * Return what an error of Home Assistant says.
 *
 * @param {unknown} error
 */
export function reasonOf(error) {
  return error && typeof error === "object" && "message" in error ? String(error.message) : String(error);
}
