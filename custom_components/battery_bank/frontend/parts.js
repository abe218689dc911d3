/**
 * Pieces that several cards show.
 *
 * @typedef {import("./types").Alarm} Alarm
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./format.js").Format} Format
 * @typedef {import("./texts.js").Texts} Texts
 */
import { el, write } from "./dom.js";
import { markOf } from "./quantities.js";
import { seconds } from "./state.js";

const WIDEST = 48; // columns of a strip

/**
 * A figure with its name: large, to be read from afar.
 */
export class Figure {
  /** @param {string} name */
  constructor(name) {
    this.number = el("span");
    this.unit = el("small");
    this.note = el("div", { class: "note" });
    this.element = el("div", { class: "figure" }, el("dt", {}, name), el("dd", {}, this.number, this.unit), this.note);
  }

  /**
   * Show a value as it was formatted, its unit after the space that holds them together.
   *
   * @param {string} value
   * @param {string} [note]
   */
  show(value, note = "") {
    const cut = value.lastIndexOf("\u00a0");
    const whole = cut < 0 || /\u00a0.*\u00a0/.test(value);
    write(this.number, whole ? value : value.slice(0, cut));
    write(this.unit, whole ? "" : value.slice(cut + 1));
    write(this.note, note);
  }
}

/** @param {Texts} texts */
export function badge(texts) {
  const sign = el("i", { class: "sign" });
  const word = el("span");
  const element = el("span", { class: "badge" }, sign, word);
  /** @param {string} level */
  const show = (level) => {
    if (element.dataset.level === level) return;
    element.dataset.level = sign.dataset.sign = level;
    word.textContent = texts.say(level);
  };
  return { element, show };
}

/**
 * An alarm: what, where, how much, since when, and what to do.
 *
 * @param {Alarm} alarm
 * @param {Texts} texts
 * @param {Format} format
 * @param {boolean} [named] with the number of its battery
 */
export function alarmItem(alarm, texts, format, named = true) {
  const where = named && alarm.battery !== null ? `${texts.say("battery", { number: alarm.battery })} · ` : "";
  const rest = [texts.say("since", { time: format.since(seconds(alarm.since)) })];
  if (alarm.limit !== null) rest.push(texts.say("limit", { limit: format.measured(alarm.limit, alarm.unit) }));
  if (alarm.acknowledged_by) rest.push(texts.say("seen_by", { name: alarm.acknowledged_by }));
  return el(
    "li",
    { class: "item", "data-level": alarm.level },
    el("i", { class: "sign", "data-sign": alarm.level, role: "img", "aria-label": texts.say(alarm.level) }),
    el("strong", {}, where + texts.alarm(alarm), alarm.drill && el("span", { class: "chip" }, texts.say("drill"))),
    el("span", { class: "much" }, alarm.value === null ? "" : format.measured(alarm.value, alarm.unit)),
    el("p", { class: "rest advice" }, texts.advice(alarm)),
    el("p", { class: "rest" }, rest.join(" · ")),
  );
}

/**
 * All batteries of a string as bars, for one look: the worse, the higher.
 */
export class Strip {
  /** @type {string[]} */
  #marks = [];

  /** @param {BankString} string */
  constructor(string) {
    const count = string.batteries.length;
    this.bars = string.batteries.map(() => el("i"));
    this.element = el("div", { class: "strip", role: "img" }, ...this.bars);
    const rows = Math.ceil(count / WIDEST);
    this.element.style.setProperty("--columns", String(Math.ceil(count / rows)));
  }

  /**
   * @param {BankString} string
   * @param {Iterable<number>} which
   * @param {Texts} texts
   */
  show(string, which, texts) {
    for (const index of which) {
      const mark = String(markOf("alarm", string, index));
      if (this.#marks[index] !== mark) this.bars[index].dataset.mark = this.#marks[index] = mark;
    }
    const { level, contact } = string.cells;
    const count = (/** @type {string} */ one) => level.filter((other) => other === one).length;
    const silent = contact.filter((one) => one === "lost").length;
    const label = ["alarm", "warning", "ok"].map((one) => `${texts.say(one)} ${count(one)}`);
    this.element.setAttribute("aria-label", [...label, `${texts.say("no_answer")} ${silent}`].join(", "));
  }
}

/**
 * Return the indices of all batteries.
 *
 * @param {BankString} string
 */
export function everyIndex(string) {
  return string.batteries.keys();
}
