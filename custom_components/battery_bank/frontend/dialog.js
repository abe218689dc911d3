/**
 * All about one battery, and what can be done with it.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").BatteryDetail} BatteryDetail
 * @typedef {import("./types").Moved} Moved
 * @typedef {import("./card.js").Card} Card
 */
import { reasonOf } from "./card.js";
import { atWidth } from "./chart.js";
import { el, tell, write } from "./dom.js";
import { alarmItem, badge, Figure } from "./parts.js";
import { above, QUANTITIES } from "./quantities.js";
import { urgentFirst } from "./state.js";
import { outlook, trendChart } from "./trend.js";

const BLINK = /blink|identify/; // the key of the button that does it
const TEST = /test/;
const HISTORIES = ["voltage", "deviation", "resistance", "resistance_ratio", "ratio", "temperature", "risk"];

export class BatteryDialog {
  #string = "";
  #index = -1;
  #turn = 0;
  /** @type {BatteryDetail | null} */
  #detail = null;
  #testing = false;
  /** @type {(() => void) | null} */
  #unwatch = null;

  /** @param {Card} card */
  constructor(card) {
    this.card = card;
    this.element = /** @type {HTMLDialogElement} */ (el("dialog"));
    this.element.addEventListener("close", () => this.#closed());
    this.element.addEventListener("click", (event) => event.target === this.element && this.close());
  }

  /**
   * @param {string} string its id
   * @param {number} index
   */
  open(string, index) {
    const known = this.card.state.strings.get(string);
    if (!known?.batteries[index]) return;
    [this.#string, this.#index, this.#detail] = [string, index, null];
    this.#build(known);
    this.update(known, { all: true, values: true, alarms: true, cells: new Set() });
    if (!this.element.open) this.element.showModal();
    this.element.scrollTop = 0;
    void this.#load();
  }

  close() {
    if (this.element.open) this.element.close();
  }

  /**
   * @param {BankString} string
   * @param {Moved} moved
   */
  update(string, moved) {
    if (this.#index < 0 || string.id !== this.#string) return;
    const index = this.#index;
    if (!string.batteries[index]) {
      this.close();
      return;
    }
    if (moved.all) this.#warn();
    if (moved.all || moved.cells.has(index)) this.#values(string);
    if (moved.all || moved.alarms) this.#alarms(string);
    const testing = Boolean(string.cells.testing[index]);
    if (this.#testing && !testing) void this.#load(); // there is a new test to show
    this.#testing = testing;
  }

  /** Say of these values what the card says of its own. */
  #warn() {
    if (!this.notice) return;
    this.notice.hidden = this.card.notice.hidden;
    write(this.notice, this.card.notice.dataset.text ?? "");
  }

  /** @param {BankString} string */
  #build(string) {
    const { texts } = this.card;
    const battery = string.batteries[this.#index];
    this.level = badge(texts);
    this.figures = {
      voltage: new Figure(texts.say("voltage")),
      deviation: new Figure(texts.say("deviation")),
      ...(string.measures.resistance && { resistance: new Figure(texts.say("resistance")) }),
      ...(string.measures.temperature && { temperature: new Figure(texts.say("temperature")) }),
    };
    this.notice = el("p", { class: "notice", hidden: true });
    this.alarms = el("ul", { class: "items" });
    this.trend = el("div");
    this.more = el("div", { class: "small faint" });
    this.links = el("div", { class: "actions" });
    this.actions = el("div", { class: "actions" });
    this.status = el("p", { role: "status", class: "small" });
    const title = `${texts.say("battery", { number: battery.number })}`;
    this.element.setAttribute("aria-label", `${title}, ${string.name}`);
    const close = el("button", { class: "bare", "aria-label": texts.say("close"), onclick: () => this.close() }, "✕");
    this.element.replaceChildren(
      el(
        "header",
        {},
        el("h2", {}, title, el("div", { class: "small faint" }, string.name)),
        this.level.element,
        close,
      ),
      el(
        "div",
        { class: "inside" },
        this.notice,
        el("dl", { class: "figures" }, ...Object.values(this.figures).map((figure) => figure.element)),
        this.actions,
        this.status,
        this.alarms,
        this.trend,
        this.more,
        this.links,
      ),
    );
  }

  /** @param {BankString} string */
  #values(string) {
    const { texts, format } = this.card;
    const { cells } = string;
    const index = this.#index;
    const lost = cells.contact[index] === "lost";
    this.level?.element.toggleAttribute("hidden", lost);
    this.level?.show(cells.level[index] ?? "ok");
    const { voltage, deviation, resistance, temperature } = this.figures ?? {};
    voltage?.show(
      QUANTITIES.alarm.long(cells.voltage[index], format, string),
      lost ? texts.say("why_no_answer") : cells.testing[index] ? texts.say("testing") : "",
    );
    deviation?.show(QUANTITIES.deviation.long(cells.deviation[index], format, string));
    const ratio = QUANTITIES.resistance.long(cells.ratio[index], format, string);
    resistance?.show(
      format.value(cells.resistance[index], 2, "mΩ"),
      cells.ratio[index] === null ? texts.say("no_baseline") : texts.say("why_ratio", { value: ratio }),
    );
    const rise = above(string) && cells.rise[index] !== null;
    temperature?.show(
      format.temperature(cells.temperature[index]),
      rise ? `${format.rise(cells.rise[index])} · ${texts.say("rise")}` : "",
    );
  }

  /** @param {BankString} string */
  #alarms(string) {
    const { texts, format } = this.card;
    const battery = string.batteries[this.#index];
    const own = urgentFirst(string.alarms.filter((alarm) => alarm.battery === battery.number));
    this.alarms?.replaceChildren(...own.map((alarm) => alarmItem(alarm, texts, format, false)));
    this.#offer(
      string,
      own.some((alarm) => !alarm.acknowledged_by),
    );
  }

  /**
   * @param {BankString} string
   * @param {boolean} unseen
   */
  #offer(string, unseen) {
    const { texts } = this.card;
    const { device_id } = string.batteries[this.#index];
    const entities = Object.entries(this.#detail?.entities ?? {});
    const button = (/** @type {RegExp} */ key) =>
      entities.find(([name, id]) => id.startsWith("button.") && key.test(name))?.[1];
    const blink = button(BLINK);
    const test = string.measures.resistance && (button(TEST) || !this.#detail);
    /** @type {(name: string, domain: string, service: string, data: object, main?: boolean) => HTMLElement} */
    const action = (name, domain, service, data, main = false) =>
      el("button", { class: main && "main", onclick: () => this.#act(domain, service, data) }, texts.say(name));
    const offered = [];
    if (unseen && device_id) {
      offered.push(action("acknowledge", "battery_bank", "acknowledge_alarms", { device_id: [device_id] }, true));
    }
    if (test && device_id) {
      offered.push(action("test", "battery_bank", "start_resistance_test", { device_id: [device_id] }));
    }
    if (blink) offered.push(action("blink", "button", "press", { entity_id: blink }));
    this.actions?.replaceChildren(...offered);
  }

  /**
   * @param {string} domain
   * @param {string} service
   * @param {object} data
   */
  async #act(domain, service, data) {
    const said = await this.card.act(domain, service, data);
    if (this.status) write(this.status, said);
  }

  async #load() {
    const turn = ++this.#turn;
    const string = this.card.state.strings.get(this.#string);
    const battery = string?.batteries[this.#index];
    if (!string || !battery) return;
    try {
      const message = { type: "battery_bank/battery", string: string.id, battery: battery.id };
      const detail = await this.card.hass.connection.sendMessagePromise(message);
      if (turn !== this.#turn) return;
      this.#detail = detail;
      this.#show(string, detail);
    } catch (error) {
      if (turn === this.#turn && this.status) {
        write(this.status, this.card.texts.say("failed", { reason: reasonOf(error) }));
      }
    }
  }

  /**
   * @param {BankString} string
   * @param {BatteryDetail} detail
   */
  #show(string, detail) {
    const { texts, format } = this.card;
    this.#alarms(string);
    const { trend, more, links } = this;
    if (!trend || !more || !links) return;
    this.#unwatch?.();
    trend.replaceChildren();
    if (string.measures.resistance) {
      const place = el("div");
      trend.append(
        el("h3", {}, texts.say("trend")),
        place,
        el("p", { class: "small" }, outlook(detail, format, texts).join(" · ")),
      );
      if (detail.tests.length) {
        const draw = (/** @type {number} */ width) =>
          place.replaceChildren(trendChart(detail, width, format, texts, Date.now() / 1000));
        draw(place.clientWidth || 600);
        this.#unwatch = atWidth(place, draw);
      }
    }
    const facts = [];
    if (detail.serial) facts.push(`${texts.say("serial")} ${detail.serial}`);
    if (detail.baseline) {
      const kind = texts.or(`baseline_kind.${detail.baseline.kind}`, detail.baseline.kind);
      facts.push(`${texts.say("baseline")} ${format.value(detail.baseline.value_mohm, 2, "mΩ")} (${kind})`);
    }
    const last = detail.tests.at(-1);
    if (last) facts.push(texts.say("tested", { time: format.moment(last[0]) }));
    for (const one of detail.replacements) {
      facts.push(
        [texts.say("replaced", { time: format.date(one.at) }), one.serial, one.note].filter(Boolean).join(", "),
      );
    }
    more.replaceChildren(...facts.map((fact) => el("p", {}, fact)));
    const shown = HISTORIES.filter((key) => detail.entities[key]);
    links.replaceChildren(
      ...shown.map((key) =>
        el(
          "button",
          { onclick: () => this.#history(detail.entities[key]) },
          `${texts.say("history")}: ${this.#named(key)}`,
        ),
      ),
    );
  }

  /** @param {string} key */
  #named(key) {
    const { texts } = this.card;
    return texts.or(key === "resistance_ratio" ? "ratio" : key, texts.or(`name.${key}`, key));
  }

  /** @param {string} entityId */
  #history(entityId) {
    this.close(); // it would lie above what Home Assistant opens
    tell(this.card, "hass-more-info", { entityId });
  }

  #closed() {
    this.#turn++;
    this.#index = -1;
    this.#unwatch?.();
    this.#unwatch = null;
    this.element.replaceChildren();
  }
}
