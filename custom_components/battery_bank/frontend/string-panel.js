/**
 * One string as the summary shows it.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Line} Line
 * @typedef {import("./types").Moved} Moved
 * @typedef {import("./card.js").Card} Card
 *
 * @typedef Shape
 * @property {boolean} cells with its batteries
 * @property {boolean} wall and those as tiles, where they aren't too many
 * @property {boolean} link whether its name leads to its own view
 * @property {boolean} facts whether what changes slowly is told too
 * @property {number} most alarms that are listed
 * @property {(index: number) => void} open
 */
import { el, navigate, write } from "./dom.js";
import { alarmItem, badge, everyIndex, Figure, Strip } from "./parts.js";
import { seconds, urgentFirst } from "./state.js";
import { tileOf } from "./wall-card.js";
import { Wall } from "./wall.js";

const MANY = 60; // batteries, from which on they are a strip

export class StringPanel {
  /**
   * @param {Card} card
   * @param {BankString} string
   * @param {Shape} shape
   */
  constructor(card, string, shape) {
    const { texts } = card;
    this.card = card;
    this.most = shape.most;
    this.level = badge(texts);
    this.state = el("span", { class: "state faint" });
    this.down = el("p", { class: "notice", hidden: true });
    const name = shape.link
      ? el(
          "button",
          { class: "open", onclick: () => navigate(`/${location.pathname.split("/")[1]}/string-${string.id}`) },
          string.name,
        )
      : string.name;
    const current = string.measures.current;
    this.figures = {
      voltage: new Figure(texts.say("voltage")),
      ...(current && {
        current: new Figure(texts.say("current")),
        charge: new Figure(texts.say("charge")),
        remaining: new Figure(texts.say("remaining")),
      }),
      ...(!current && string.measures.temperature && { temperature: new Figure(texts.say("temperature")) }),
    };
    this.facts = el("p", { class: "small faint", hidden: !shape.facts });
    this.wall =
      shape.cells && shape.wall && string.batteries.length <= MANY
        ? new Wall(
            texts.say("batteries"),
            string.batteries.map((battery) => battery.number),
            shape.open,
          )
        : null;
    this.strip = this.wall || !shape.cells ? null : new Strip(string);
    this.count = el("h3");
    this.acknowledge = el(
      "button",
      { hidden: true, onclick: () => this.#acknowledge(string) },
      texts.say("acknowledge"),
    );
    this.alarms = el("ul", { class: "items", "aria-live": "polite", tabindex: shape.most > 1 ? 0 : null });
    this.aside = el("div", { class: "alarms" }, el("header", {}, this.count, this.acknowledge), this.alarms);
    this.element = el(
      "article",
      { class: "panel", "aria-label": string.name },
      el("header", {}, el("h2", {}, name), this.state, this.level.element),
      this.down,
      el("dl", { class: "figures" }, ...Object.values(this.figures).map((figure) => figure.element)),
      this.facts,
      el(
        "div",
        { class: shape.cells ? "both" : "" },
        shape.cells && el("div", { class: "cells", "data-plain": true }, (this.wall ?? this.strip)?.element),
        this.aside,
      ),
    );
  }

  stop() {
    this.wall?.stop();
  }

  /**
   * @param {BankString} string
   * @param {Line | undefined} line
   */
  line(string, line) {
    const { texts } = this.card;
    let text = "";
    if (line?.down) text = texts.say("line_down", { reason: this.card.reason(line.down) });
    else if (line && !line.loaded) text = texts.say("line_not_loaded");
    this.down.hidden = !text;
    this.element.toggleAttribute("old", Boolean(text));
    write(this.down, text);
  }

  /**
   * @param {BankString} string
   * @param {Moved} moved
   */
  update(string, moved) {
    const { texts, format } = this.card;
    if (moved.all || moved.values) this.#values(string);
    const which = moved.all ? everyIndex(string) : moved.cells;
    if (this.wall) {
      for (const index of which) this.wall.paint(index, tileOf("alarm", string, index, format, texts));
    } else if (moved.all || moved.cells.size) {
      this.strip?.show(string, which, texts);
    }
    if (moved.all || moved.alarms) this.#alarms(string);
  }

  /** @param {BankString} string */
  #values(string) {
    const { texts, format } = this.card;
    const { values } = string;
    this.level.show(values.level);
    write(this.state, values.state ? texts.or(`condition.${values.state}`, values.state) : "");
    const { voltage, current, charge, remaining, temperature } = this.figures;
    voltage.show(format.value(values.voltage, 1, "V"));
    current?.show(format.value(values.current, 1, "A", true));
    charge?.show(format.value(values.state_of_charge, 0, "%"));
    const ends = values.limiting_battery ? texts.say("battery", { number: values.limiting_battery }) : "";
    const known = values.remaining_time !== null && values.remaining_time !== undefined;
    remaining?.show(
      clock(values.remaining_time),
      known ? ends : values.state === "discharge" ? "" : texts.say("only_in_discharge"),
    );
    temperature?.show(format.temperature(values.mean_temperature));
    write(this.facts, this.#slow(string));
  }

  /**
   * Return what changes slowly, as far as it is known.
   *
   * @param {BankString} string
   */
  #slow({ values }) {
    const { texts, format } = this.card;
    const next = values.next_resistance_test;
    /** @type {[string, unknown, string][]} */
    const facts = [
      ["ambient", values.ambient, format.temperature(values.ambient)],
      ["health", values.health, format.value(values.health, 0, "%")],
      ["capacity", values.capacity, format.value(values.capacity, 1, "Ah")],
      ["weakest", values.weakest_battery, String(values.weakest_battery)],
      ["next_test", next, format.moment(next === undefined ? null : seconds(next))],
    ];
    const known = facts.filter(([, value]) => value !== null && value !== undefined);
    return known.map(([key, , text]) => `${texts.say(key)} ${text}`).join(" · ");
  }

  /** @param {BankString} string */
  #alarms(string) {
    const { texts, format } = this.card;
    const alarms = urgentFirst(string.alarms);
    const items = alarms.slice(0, this.most).map((alarm) => alarmItem(alarm, texts, format));
    const left = alarms.length - items.length;
    if (left > 0) items.push(el("li", { class: "small faint" }, texts.say("more", { count: left })));
    if (!alarms.length) {
      const sign = el("i", { class: "sign", "data-sign": "ok" });
      items.push(el("li", { class: "well" }, sign, texts.say("all_well")));
    }
    this.aside.toggleAttribute("data-any", alarms.length > 0);
    write(this.count, alarms.length ? texts.say("count_alarms", { count: alarms.length }) : "");
    this.acknowledge.hidden = !string.device_id || !alarms.some((alarm) => !alarm.acknowledged_by);
    this.alarms.replaceChildren(...items);
  }

  /** @param {BankString} string */
  async #acknowledge(string) {
    const data = { device_id: [string.device_id] };
    this.card.say(await this.card.act("battery_bank", "acknowledge_alarms", data));
  }
}

/**
 * Return a span as hours and minutes, as a clock has them.
 *
 * @param {number | null | undefined} seconds
 */
export function clock(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}\u00a0h`;
}
