/**
 * What a string does, how full it is and how long it lasts, and its alarms with what to do. Without a string chosen:
 * all of them, the worst first.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Change} Change
 */
import { ALL, Card } from "./card.js";
import { BatteryDialog } from "./dialog.js";
import { el } from "./dom.js";
import { worstFirst } from "./state.js";
import { own } from "./style.js";
import { StringPanel } from "./string-panel.js";

const STYLE = own(`
.panels { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }
.panel { min-width: 0; display: flex; flex-direction: column; gap: 14px; --numeral: 38px; }
.panel > header { margin: 0; gap: 8px 12px; min-height: 36px; }
.panel h2 { font-size: 22px; }
.panel .open { padding: 0; border: 0; background: none; text-align: left; font: inherit; font-weight: 500; }
.panel .state { font-size: 20px; }
.panel[old] > .figures, .panel[old] > .both { filter: grayscale(1); opacity: 0.5; }
.both { display: grid; gap: 14px; align-content: start; }
.alarms > header { margin: 0 0 8px; }
.alarms h3 { flex: 1; }
.well { display: flex; align-items: center; gap: 12px; padding: 12px 0; font-size: 16px; color: var(--good); }
.well .sign { font-size: 22px; }
.alone { grid-template-columns: minmax(0, 1fr); }
.alone .figures { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.alone .strip i { height: 40px; }
.panels:not(.alone) .panel {
  gap: 10px; padding: 12px 16px; border: 1px solid var(--rule); border-radius: 12px; background: var(--ground);
  --numeral: 27px;
}
.panels:not(.alone) .both { gap: 10px; }
.panels:not(.alone) .figures { grid-template-columns: repeat(4, auto); gap: 4px 12px; }
.panels:not(.alone) .note, .panels:not(.alone) .rest, .panels:not(.alone) .alarms h3 { display: none; }
.panels:not(.alone) .alarms { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 10px; }
.panels:not(.alone) .alarms > header { order: 1; margin: 0; }
.panels:not(.alone) .items { gap: 2px; }
.panels:not(.alone) .well { padding: 8px 0; }
:host([fill]) .card {
  border: 0; border-radius: 0; box-shadow: none; background: none; display: flex; flex-direction: column;
  min-height: calc(100dvh - var(--header-height, 56px) - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px));
}
:host([fill]) .body { flex: 1; display: flex; flex-direction: column; }
:host([fill]) .panels { flex: 1; align-content: start; }
@container (max-width: 520px) {
  .panels .panel .figures { grid-template-columns: 1fr 1fr; }
}
@container (max-width: 639px) {
  .alarms[data-any] { order: -1; }
}
@container (min-width: 640px) {
  .alone .panel { --numeral: 44px; }
}
@container (min-width: 860px) {
  .alone .panel { --numeral: 52px; }
  .alone .both { gap: 24px; }
}
@container (min-width: 640px) {
  .alone h2 { font-size: 28px; }
  .alone .state { font-size: 24px; }
  .alone .both { grid-template-columns: minmax(0, 1.45fr) minmax(280px, 1fr); }
  :host([fill]) .alone { align-content: stretch; }
  :host([fill]) .alone .panel { height: 100%; }
  :host([fill]) .alone .both { flex: 1; min-height: 260px; align-content: stretch; }
  :host([fill]) .alone .cells { position: relative; overflow: auto; }
  :host([fill]) .alone .wall { position: absolute; inset: 3px; grid-auto-rows: minmax(44px, 150px); }
  :host([fill]) .alone .tile { min-height: 44px; }
  :host([fill]) .alone .alarms { display: flex; flex-direction: column; }
  :host([fill]) .alone .items { flex: 1 1 0; overflow: auto; }
}
`);

export class SummaryCard extends Card {
  static fields = ["string", "compact"];
  static one = false;
  /** @type {Map<string, StringPanel>} */
  #panels = new Map();
  #shape = "";
  #order = "";
  /** @type {import("./texts.js").Texts | null} */
  #spoken = null;
  #dialog = new BatteryDialog(this);

  constructor() {
    super();
    /** @type {ShadowRoot} */ (this.shadowRoot).adoptedStyleSheets.push(STYLE);
    this.place = el("div", { class: "panels" });
  }

  /** @param {import("./types").CardConfig} config */
  setConfig(config) {
    this.#spoken = null; // so that all is made anew
    super.setConfig(config);
  }

  /** @param {Change} change */
  changed(change) {
    const { strings, lines } = this.state;
    if (!strings.size || (this.config.string && !this.string)) {
      this.#shape = "";
      super.changed({ ...change, strings: null });
      return;
    }
    const chosen = this.config.string ? this.string : undefined;
    const shown = chosen ? [chosen] : worstFirst(strings.values(), lines);
    this.#arrange(shown, !change.strings);
    for (const string of shown) {
      const moved = change.strings ? change.strings.get(string.id) : ALL;
      const panel = this.#panels.get(string.id);
      if (change.lines) panel?.line(string, lines.get(string.line));
      if (!moved) continue;
      panel?.update(string, moved);
      this.#dialog.update(string, moved);
    }
  }

  /**
   * Put the panels in order; make them anew where what they are made of is another.
   *
   * @param {BankString[]} shown
   * @param {boolean} whole
   */
  #arrange(shown, whole) {
    const order = shown.map((string) => string.id).join();
    const shape = whole
      ? JSON.stringify(shown.map((one) => [one.id, one.name, one.batteries, one.measures, one.limits]).sort())
      : this.#shape;
    if (shape !== this.#shape || this.texts !== this.#spoken) {
      this.#shape = shape;
      this.#spoken = this.texts;
      for (const panel of this.#panels.values()) panel.stop();
      const alone = shown.length === 1;
      this.#panels = new Map(
        shown.map((string) => [
          string.id,
          new StringPanel(this, string, {
            cells: !this.config.compact,
            wall: alone,
            link: Boolean(this.config.links),
            facts: alone && !this.config.fill,
            most: alone ? Infinity : 1,
            open: (index) => this.#dialog.open(string.id, index),
          }),
        ]),
      );
      this.place.classList.toggle("alone", alone);
      this.body.replaceChildren(this.place, this.#dialog.element);
      this.#order = "";
    }
    if (order !== this.#order) {
      this.#order = order;
      this.place.replaceChildren(
        ...shown.map((string) => /** @type {StringPanel} */ (this.#panels.get(string.id)).element),
      );
    }
    this.card.setAttribute("aria-label", this.texts.say("overview"));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#dialog.close();
  }

  getCardSize() {
    return this.config.fill ? 12 : 8;
  }
}
