/**
 * The resistance of all batteries against their baselines, with the limits.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Moved} Moved
 * @typedef {import("./types").Resistances} Resistances
 */
import { Card, reasonOf } from "./card.js";
import { atWidth, Chart } from "./chart.js";
import { BatteryDialog } from "./dialog.js";
import { el, svg, write } from "./dom.js";

const HEIGHT = 260; // px
const SETTLE = 2_000; // ms after a change, until all is asked for again

export class ResistanceCard extends Card {
  #dialog = new BatteryDialog(this);
  #place = el("div", { role: "slider", tabindex: 0, "aria-orientation": "horizontal" });
  #told = el("p", { class: "told" });
  #open = el("button", { onclick: () => this.#show() });
  /** @type {Resistances | null} */
  #data = null;
  #picked = -1;
  #of = "";
  #turn = 0;
  #width = 0;
  /** @type {Chart | null} */
  #chart = null;
  /** @type {(() => void) | null} */
  #unwatch = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor() {
    super();
    this.#place.addEventListener("click", (event) => this.#at(event.offsetX));
    this.#place.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {BankString} string */
  build(string) {
    this.name(this.texts.say("resistance_baseline"));
    if (this.picker.hidden) this.tools.replaceChildren(el("span", { class: "faint" }, string.name));
    write(this.#open, this.texts.say("details"));
    const foot = el("header", { style: "margin: 8px 0 0" }, this.#told, this.#open);
    this.body.replaceChildren(this.#place, foot, this.#dialog.element);
    this.#told.style.flex = "1";
    if (this.#of !== string.id) [this.#data, this.#picked, this.#of] = [null, -1, string.id];
    this.#unwatch?.();
    this.#unwatch = atWidth(this.#place, (width) => {
      this.#width = width;
      this.#draw();
    });
    void this.#load(string);
  }

  /**
   * @param {BankString} string
   * @param {Moved} moved
   */
  update(string, moved) {
    this.#dialog.update(string, moved);
    const known = this.#data?.batteries;
    if (!known) return;
    const { ratio } = string.cells;
    const news = (/** @type {number} */ index) =>
      ratio[index] !== null && Math.abs((known[index]?.ratio ?? 0) - ratio[index]) > 0.001;
    if (!(moved.all ? ratio.some((_, index) => news(index)) : [...moved.cells].some(news))) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#load(string), SETTLE);
  }

  getCardSize() {
    return 6;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#dialog.close();
  }

  /** @param {BankString} string */
  async #load(string) {
    const turn = ++this.#turn;
    if (!string.measures.resistance) {
      this.#say(this.texts.say("no_test"));
      return;
    }
    try {
      const message = { type: "battery_bank/resistances", string: string.id };
      const data = await this.hass.connection.sendMessagePromise(message);
      if (turn !== this.#turn) return;
      this.#data = data;
      this.#draw();
    } catch (error) {
      if (turn === this.#turn) this.#say(this.texts.say("failed", { reason: reasonOf(error) }));
    }
  }

  /** @param {string} text */
  #say(text) {
    this.#place.replaceChildren(el("p", { class: "empty" }, text));
    this.#open.hidden = true;
    write(this.#told, "");
  }

  #draw() {
    const data = this.#data;
    if (!data || !this.#width) return;
    const known = data.batteries.filter((one) => one.ratio !== null);
    if (!known.length) {
      this.#say(this.texts.say(data.batteries.some((one) => one.value_mohm !== null) ? "no_baseline" : "no_test"));
      return;
    }
    const { format, texts } = this;
    const ratios = known.map((one) => Number(one.ratio));
    const high = Math.max(data.limits.alarm * 1.06, ...ratios.map((ratio) => ratio * 1.08 - 0.05));
    const low = Math.min(0.8, ...ratios.map((ratio) => ratio * 0.97));
    const count = data.batteries.length;
    const step = Math.max(1, Math.ceil(count / (this.#width / 34)));
    const round = [1, 2, 5, 10, 20, 50].find((one) => one >= step) ?? 100;
    const numbered = data.batteries
      .map((_, index) => index)
      .filter((index) => index === 0 || (index + 1) % round === 0);
    const median = [...ratios].sort((one, other) => one - other)[Math.floor(ratios.length / 2)];
    const percent = (/** @type {number} */ ratio) => format.value(ratio * 100, 0, "%");
    const top = known.reduce((one, other) => (Number(other.ratio) > Number(one.ratio) ? other : one));
    const chart = new Chart(
      this.#width,
      HEIGHT,
      { min: -0.6, max: count - 0.4, ticks: numbered, text: (index) => String(data.batteries[index].number) },
      { min: low, max: high, text: percent },
      [
        texts.say("highest", { number: top.number, value: percent(Number(top.ratio)) }),
        texts.say("median", { value: percent(median) }),
      ].join(", "),
    );
    const wide = (chart.x(1) - chart.x(0)) * (count > 60 ? 0.86 : 0.7);
    for (const [index, one] of data.batteries.entries()) {
      if (one.ratio === null) continue;
      const y = Math.min(chart.y(one.ratio), chart.y(1));
      const height = Math.max(1.5, Math.abs(chart.y(one.ratio) - chart.y(1)));
      const mark = one.ratio >= data.limits.alarm ? 3 : one.ratio >= data.limits.warning ? 2 : 0;
      const x = chart.x(index) - wide / 2;
      chart.add(svg("rect", { class: "bar", "data-mark": mark, x, y, width: wide, height, rx: Math.min(3, wide / 4) }));
      if (mark) {
        const name = svg("text", { x: chart.x(index), y: y - 5, "text-anchor": "middle", class: "named" }, one.number);
        chart.add(name);
      }
    }
    const { warning, alarm } = data.limits;
    chart.limit(1, "ok", "");
    chart.limit(warning, "warning", texts.say("limit_warning", { limit: percent(warning) }));
    chart.limit(alarm, "alarm", texts.say("limit_alarm", { limit: percent(alarm) }));
    this.#chart = chart;
    this.#place.replaceChildren(chart.element);
    this.#place.setAttribute("aria-label", this.texts.say("resistance_baseline"));
    this.#place.setAttribute("aria-valuemin", "1");
    this.#place.setAttribute("aria-valuemax", String(count));
    this.#pick(this.#picked < 0 ? data.batteries.indexOf(top) : this.#picked);
  }

  /** @param {number} index */
  #pick(index) {
    const data = this.#data;
    if (!data || !this.#chart) return;
    this.#picked = Math.max(0, Math.min(data.batteries.length - 1, index));
    const one = data.batteries[this.#picked];
    const { format, texts } = this;
    const told = [
      `${texts.say("battery", { number: one.number })}: ${format.value(one.value_mohm, 2, "mΩ")}`,
      one.ratio === null ? texts.say("no_baseline") : format.value(one.ratio * 100, 0, "%"),
      `${texts.say("baseline")} ${format.value(one.baseline_mohm, 2, "mΩ")}`,
      one.at === null ? "" : texts.say("tested", { time: format.moment(one.at) }),
    ];
    const text = told.filter(Boolean).join(" · ");
    write(this.#told, text);
    this.#open.hidden = false;
    this.#place.setAttribute("aria-valuenow", String(this.#picked + 1));
    this.#place.setAttribute("aria-valuetext", text);
    this.#chart.element.querySelector(".picked")?.remove();
    const half = (this.#chart.x(1) - this.#chart.x(0)) / 2;
    const [x, y] = [this.#chart.x(this.#picked) - Math.max(half, 4), this.#chart.y(this.#chart.axes.y.max)];
    const height = this.#chart.inner.height;
    this.#chart.add(svg("rect", { class: "picked", x, y, width: 2 * Math.max(half, 4), height, rx: 4 }));
  }

  /** @param {number} x px */
  #at(x) {
    if (!this.#chart || !this.#data) return;
    const step = this.#chart.x(1) - this.#chart.x(0);
    this.#pick(Math.round((x - this.#chart.x(0)) / step));
  }

  #show() {
    if (this.string && this.#picked >= 0) this.#dialog.open(this.string.id, this.#picked);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = (this.#data?.batteries.length ?? 1) - 1;
    const to = /** @type {Record<string, number>} */ ({
      ArrowLeft: this.#picked - 1,
      ArrowDown: this.#picked - 1,
      ArrowRight: this.#picked + 1,
      ArrowUp: this.#picked + 1,
      PageDown: this.#picked - 10,
      PageUp: this.#picked + 10,
      Home: 0,
      End: last,
    })[event.key];
    if (event.key === "Enter") this.#show();
    else if (to !== undefined) this.#pick(to);
    else return;
    event.preventDefault();
  }
}
