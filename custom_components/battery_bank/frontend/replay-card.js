/**
 * Discharges played back: the curves, every battery at any moment, who failed, and another discharge for comparison.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Curve} Curve
 * @typedef {import("./types").Discharge} Discharge
 * @typedef {import("./types").Moved} Moved
 */
import { Card, reasonOf } from "./card.js";
import { atWidth } from "./chart.js";
import { el } from "./dom.js";
import { Figure } from "./parts.js";
import { voltDigits } from "./quantities.js";
import { average, markAt, violators, voltageAt } from "./replay.js";
import { longer, replayChart } from "./replay-chart.js";
import { own } from "./style.js";
import { clock } from "./string-panel.js";
import { Wall } from "./wall.js";

const PAGE = 20; // discharges at a time
const APART = 0.03; // of the end voltage, where no limit for deviations says otherwise
const MOST = 8; // that are named one by one
const STEPS = 1000; // of the slider

const STYLE = own(`
.replay { display: grid; gap: 20px; }
.replay .list { display: flex; gap: 8px; overflow: auto; padding: 3px; }
.replay .list button { flex: none; display: grid; gap: 2px; min-height: 64px; padding: 8px 14px; text-align: left; }
.replay .list [aria-pressed="true"] { border: 2px solid var(--text); padding: 7px 13px; }
.replay .list strong { font-weight: 500; }
.replay .main { display: grid; gap: 16px; min-width: 0; }
.replay input[type="range"] { width: calc(100% - 66px); height: 44px; margin: 0 4px 0 52px; accent-color: var(--accent); }
.replay .figures { --numeral: 28px; }
.keys { display: flex; flex-wrap: wrap; gap: 6px 20px; font-size: 14px; color: var(--faint); }
.keys li { display: flex; gap: 8px; align-items: center; }
@container (min-width: 900px) {
  .replay { grid-template-columns: 250px minmax(0, 1fr); }
  .replay .list { flex-direction: column; max-height: 640px; }
}
`);

export class ReplayCard extends Card {
  /** @type {Discharge[]} */
  #discharges = [];
  #more = false;
  /** @type {number | null} */
  #start = null;
  /** @type {number | null} */
  #against = null;
  /** @type {Curve | null} */
  #curve = null;
  /** @type {Curve | null} */
  #other = null;
  /** @type {string | null} */
  #picked = null;
  #at = 0; // s into the discharge
  #width = 0;
  #turn = 0;
  #state = "";
  /** @type {Wall | null} */
  #wall = null;
  /** @type {((at: number) => void) | null} */
  #cursor = null;
  /** @type {(() => void) | null} */
  #unwatch = null;

  constructor() {
    super();
    /** @type {ShadowRoot} */ (this.shadowRoot).adoptedStyleSheets.push(STYLE);
  }

  /** @param {BankString} string */
  build(string) {
    const { texts } = this;
    this.name(texts.say("replay"));
    this.list = el("div", { class: "list", role: "group", "aria-label": texts.say("discharges") });
    this.compare = /** @type {HTMLSelectElement} */ (el("select", { hidden: true, onchange: () => this.#compare() }));
    this.compare.setAttribute("aria-label", texts.say("compare"));
    this.tools.replaceChildren(this.compare);
    this.place = el("div");
    this.slider = /** @type {HTMLInputElement} */ (
      el("input", { type: "range", min: 0, max: STEPS, "aria-label": texts.say("time_into") })
    );
    this.slider.addEventListener("input", () => this.#move());
    this.figures = {
      time: new Figure(texts.say("time_into")),
      average: new Figure(texts.say("average")),
      drawn: new Figure(texts.say("drawn")),
      lowest: new Figure(texts.say("lowest")),
    };
    this.failed = el("ul", { class: "items" });
    this.keys = el("ul", { class: "keys" });
    this.#wall?.stop();
    const numbers = string.batteries.map((battery) => battery.number);
    const wall = new Wall(texts.say("batteries"), numbers, (index) => this.#pick(string.batteries[index].id));
    this.#wall = wall;
    this.main = el(
      "div",
      { class: "main" },
      el("div", {}, this.place, this.slider, this.keys),
      el("dl", { class: "figures" }, ...Object.values(this.figures).map((figure) => figure.element)),
      wall.element,
      this.failed,
    );
    this.body.replaceChildren(el("div", { class: "replay" }, this.list, this.main));
    this.#unwatch?.();
    this.#unwatch = atWidth(this.place, (width) => {
      this.#width = width;
      this.#draw();
    });
    [this.#discharges, this.#start, this.#against, this.#picked] = [[], null, null, null];
    this.#state = string.values.state ?? "";
    void this.#load(string);
  }

  /**
   * @param {BankString} string
   * @param {Moved} moved
   */
  update(string, moved) {
    const state = string.values.state ?? "";
    if (!moved.values || state === this.#state) return;
    const ended = this.#state === "discharge";
    this.#state = state;
    if (ended || state === "discharge") void this.#load(string); // there is one more
  }

  getCardSize() {
    return 12;
  }

  /**
   * @param {BankString} string
   * @param {number} [offset]
   */
  async #load(string, offset = 0) {
    const turn = ++this.#turn;
    try {
      const message = { type: "battery_bank/discharges", string: string.id, limit: PAGE, offset };
      const answer = await this.hass.connection.sendMessagePromise(message);
      if (turn !== this.#turn) return;
      this.#discharges = offset ? [...this.#discharges, ...answer.discharges] : answer.discharges;
      this.#more = answer.more;
      this.#start ??= (this.#discharges.find((one) => one.has_curve) ?? this.#discharges[0])?.start ?? null;
      this.#offer(string);
      if (!offset) void this.#choose(string, this.#start);
    } catch (error) {
      if (turn === this.#turn) this.#say(this.texts.say("failed", { reason: reasonOf(error) }));
    }
  }

  /** @param {string} text */
  #say(text) {
    this.list?.replaceChildren(el("p", { class: "empty" }, text));
    if (this.main) this.main.hidden = true;
  }

  /** @param {BankString} string */
  #offer(string) {
    const { texts, format } = this;
    if (!this.#discharges.length) {
      this.#say(texts.say("replay_none"));
      return;
    }
    const rows = this.#discharges.map((one) => {
      const lasted = one.end === null ? texts.say("running") : format.duration(one.end - one.start);
      const facts = [lasted, one.drawn === null ? "" : format.value(one.drawn, 1, "Ah")];
      const low =
        one.lowest_battery === null
          ? ""
          : `${texts.say("lowest")}: ${texts.say("battery", { number: one.lowest_battery })}, ` +
            format.value(one.lowest_voltage, voltDigits(string), "V");
      return el(
        "button",
        { "aria-pressed": String(one.start === this.#start), onclick: () => void this.#choose(string, one.start) },
        el("strong", {}, format.moment(one.start)),
        el("span", { class: "small faint" }, facts.filter(Boolean).join(" · ")),
        low && el("span", { class: "small faint" }, low),
        one.interrupted && el("span", { class: "small faint" }, texts.say("interrupted")),
      );
    });
    if (this.#more) {
      const next = () => void this.#load(string, this.#discharges.length);
      rows.push(el("button", { onclick: next }, texts.say("earlier")));
    }
    this.list?.replaceChildren(...rows);
    const others = this.#discharges.filter((one) => one.has_curve && one.start !== this.#start);
    if (!this.compare) return;
    this.compare.hidden = !others.length;
    const option = (/** @type {Discharge} */ one) => el("option", { value: one.start }, format.moment(one.start));
    this.compare.replaceChildren(el("option", { value: "" }, texts.say("compare")), ...others.map(option));
    this.compare.value = String(this.#against ?? "");
  }

  /**
   * @param {BankString} string
   * @param {number | null} start
   */
  async #choose(string, start) {
    if (start === null) return;
    const turn = ++this.#turn;
    this.#start = start;
    if (this.#against === start) [this.#against, this.#other] = [null, null];
    this.#offer(string);
    const has = this.#discharges.find((one) => one.start === start)?.has_curve;
    const curve = has ? await this.#ask(string, start) : null;
    if (turn !== this.#turn || !this.main || !this.place) return;
    this.main.hidden = false;
    this.#curve = curve;
    if (!curve) {
      this.#cursor = null;
      this.place.replaceChildren(el("p", { class: "empty" }, this.texts.say("no_curve")));
    }
    for (const child of this.main.children) {
      if (child !== this.place.parentElement) child.toggleAttribute("hidden", !curve);
    }
    this.slider?.toggleAttribute("hidden", !curve);
    this.keys?.toggleAttribute("hidden", !curve);
    if (!curve) return;
    if (this.slider) this.slider.value = String(STEPS);
    this.#blame(string, curve);
    this.#draw();
  }

  async #compare() {
    const { string } = this;
    if (!string || !this.compare) return;
    this.#against = this.compare.value ? Number(this.compare.value) : null;
    const against = this.#against;
    const other = against === null ? null : await this.#ask(string, against);
    if (against !== this.#against) return;
    this.#other = other;
    this.#draw();
  }

  /**
   * @param {BankString} string
   * @param {number} start
   * @returns {Promise<Curve | null>}
   */
  async #ask(string, start) {
    try {
      const message = { type: "battery_bank/curve", string: string.id, start };
      return await this.hass.connection.sendMessagePromise(message);
    } catch (error) {
      this.say(this.texts.say("failed", { reason: reasonOf(error) }));
      return null;
    }
  }

  /**
   * Name who fell below the end voltage.
   *
   * @param {BankString} string
   * @param {Curve} curve
   */
  #blame(string, curve) {
    const { texts, format } = this;
    const found = violators(curve);
    const items = found.slice(0, MOST).map(({ battery, at, drawn, lowest }) => {
      const number = string.batteries.find((one) => one.id === battery)?.number ?? "?";
      const facts = [drawn === null ? "" : format.value(drawn, 1, "Ah")];
      facts.push(`${texts.say("lowest")} ${format.value(lowest, voltDigits(string), "V")}`);
      return el(
        "li",
        {},
        el(
          "button",
          { class: "item", "data-level": "alarm", onclick: () => this.#pick(battery) },
          el("i", { class: "sign", "data-sign": "alarm", role: "img", "aria-label": texts.say("below_end") }),
          el("strong", {}, texts.say("below_after", { number, time: format.duration(at) })),
          el("span", { class: "much" }, facts.filter(Boolean).join(" · ")),
        ),
      );
    });
    const left = found.length - items.length;
    if (left > 0) items.push(el("li", { class: "faint" }, texts.say("more", { count: left })));
    const sign = el("i", { class: "sign", "data-sign": "ok" });
    this.failed?.replaceChildren(
      ...(items.length ? items : [el("li", { class: "well" }, sign, texts.say("below_none"))]),
    );
  }

  #draw() {
    const curve = this.#curve;
    const { string } = this;
    if (!curve || !string || !this.#width || !this.place) return;
    const played = { string, curve, other: this.#other, picked: this.#picked };
    const { chart, keys } = replayChart(played, this.#width, this.format, this.texts);
    this.#cursor = chart.cursor(0);
    this.place.replaceChildren(chart.element);
    this.keys?.replaceChildren(...keys);
    this.#move();
  }

  #move() {
    const curve = this.#curve;
    const { string, slider } = this;
    if (!curve || !string || !slider) return;
    this.#at = (Number(slider.value) / STEPS) * longer(curve, this.#other);
    this.#cursor?.(this.#at);
    this.#show(string, curve, average(curve, string.batteries.length));
  }

  /** @param {string} battery */
  #pick(battery) {
    this.#picked = this.#picked === battery ? null : battery;
    this.#draw();
  }

  /**
   * Show the moment that the slider is at.
   *
   * @param {BankString} string
   * @param {Curve} curve
   * @param {import("./types").Point[]} mean
   */
  #show(string, curve, mean) {
    const { texts, format, figures } = this;
    const { end_voltage: end } = curve.limits;
    const apart = string.limits.deviation_discharge?.warning ?? APART * end;
    const middle = voltageAt(mean, this.#at);
    const digits = voltDigits(string);
    const points = new Map(curve.curves.map((one) => [one.battery, one.points]));
    /** @type {{number: number, voltage: number} | null} */
    let lowest = null;
    for (const [index, { id, number }] of string.batteries.entries()) {
      const voltage = voltageAt(points.get(id) ?? [], this.#at);
      if (voltage !== null && (!lowest || voltage < lowest.voltage)) lowest = { number, voltage };
      this.#wall?.paint(index, {
        mark: markAt(voltage, middle, end, apart),
        text: format.number(voltage, digits),
        label: `${texts.say("battery", { number })}: ${format.value(voltage, digits, "V")}`,
      });
    }
    figures?.time.show(clock(this.#at));
    figures?.average.show(format.value(middle, digits, "V"));
    const passed = mean.filter(([at]) => at <= this.#at + 1).at(-1);
    figures?.drawn.show(format.value(passed?.[2], 1, "Ah"));
    figures?.lowest.show(
      format.value(lowest?.voltage, digits, "V"),
      lowest ? texts.say("battery", { number: lowest.number }) : "",
    );
    this.slider?.setAttribute("aria-valuetext", format.duration(this.#at));
  }
}
