/**
 * The five batteries to look at first, and why.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Moved} Moved
 * @typedef {import("./worst.js").Reason} Reason
 */
import { Card } from "./card.js";
import { BatteryDialog } from "./dialog.js";
import { el } from "./dom.js";
import { QUANTITIES } from "./quantities.js";
import { worst } from "./worst.js";

const COUNT = 5;

export class WorstCard extends Card {
  #dialog = new BatteryDialog(this);
  #list = el("ul", { class: "items" });
  #shown = "";

  /** @param {BankString} string */
  build(string) {
    this.name(this.texts.say("worst_batteries"));
    if (this.picker.hidden) this.tools.replaceChildren(el("span", { class: "faint" }, string.name));
    this.#shown = "";
    this.body.replaceChildren(this.#list, this.#dialog.element);
  }

  /**
   * @param {BankString} string
   * @param {Moved} moved
   */
  update(string, moved) {
    this.#dialog.update(string, moved);
    if (!moved.all && !moved.alarms && !moved.cells.size) return;
    const rows = worst(string, COUNT).map(({ index, reasons }) => ({
      index,
      number: string.batteries[index].number,
      level: string.cells.contact[index] === "lost" ? "warning" : string.cells.level[index],
      voltage: QUANTITIES.alarm.long(string.cells.voltage[index], this.format, string),
      why: reasons.map((reason) => this.#why(reason, string)),
    }));
    const shown = JSON.stringify(rows);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const focused = this.#list.querySelector(":focus");
    const place = focused ? [...this.#list.querySelectorAll("button")].indexOf(/** @type {any} */ (focused)) : -1;
    this.#list.replaceChildren(...rows.map((row) => this.#row(row, string.id)));
    if (!rows.length) {
      const sign = el("i", { class: "sign", "data-sign": "ok" });
      this.#list.append(el("li", { class: "well empty" }, sign, " ", this.texts.say("worst_none")));
    }
    if (place >= 0) this.#list.querySelectorAll("button")[place]?.focus();
  }

  getCardSize() {
    return 5;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#dialog.close();
  }

  /**
   * @param {{index: number, number: number, level: string, voltage: string, why: string[]}} row
   * @param {string} string
   */
  #row({ index, number, level, voltage, why }, string) {
    return el(
      "li",
      {},
      el(
        "button",
        { class: "item", "data-level": level, onclick: () => this.#dialog.open(string, index) },
        el("i", {
          class: "sign",
          "data-sign": level === "ok" ? "note" : level,
          role: "img",
          "aria-label": this.texts.say(level),
        }),
        el("strong", {}, this.texts.say("battery", { number })),
        el("span", { class: "much" }, voltage),
        el("span", { class: "rest" }, why.join(" · ")),
      ),
    );
  }

  /**
   * @param {Reason} reason
   * @param {BankString} string
   */
  #why(reason, string) {
    const { texts, format } = this;
    switch (reason.key) {
      case "alarm": {
        const { value, unit } = reason.alarm;
        const much = value === null ? "" : ` ${format.measured(value, unit)}`;
        return texts.say("why_alarm", { name: texts.alarm(reason.alarm) }) + much;
      }
      case "risk":
        return texts.say("why_risk", { risk: texts.or(`risk.${reason.risk}`, reason.risk) });
      case "deviation":
        return texts.say("why_deviation", { value: QUANTITIES.deviation.long(reason.value, format, string) });
      case "ratio":
        return texts.say("why_ratio", { value: QUANTITIES.resistance.long(reason.value, format, string) });
      case "rise":
        return texts.say("why_rise", { value: format.rise(reason.value, false) });
      default:
        return texts.say("why_no_answer");
    }
  }
}
