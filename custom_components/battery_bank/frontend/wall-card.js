/**
 * Every battery of a string as a tile, coloured by what one looks for.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Moved} Moved
 */
import { ALL, Card } from "./card.js";
import { BatteryDialog } from "./dialog.js";
import { el } from "./dom.js";
import { everyIndex } from "./parts.js";
import { described, legend, markOf, QUANTITIES, quantitiesOf, quantityName } from "./quantities.js";
import { Wall } from "./wall.js";

/**
 * Return a wall's tile of a battery.
 *
 * @param {string} key
 * @param {BankString} string
 * @param {number} index
 * @param {import("./format.js").Format} format
 * @param {import("./texts.js").Texts} texts
 */
export function tileOf(key, string, index, format, texts) {
  const quantity = QUANTITIES[key];
  return {
    mark: markOf(key, string, index),
    text: quantity.short(quantity.value(string, index), format, string),
    label: described(key, string, index, format, texts),
    testing: string.cells.testing[index],
  };
}

export class WallCard extends Card {
  static fields = ["string", "quantity"];
  /** @type {Wall | null} */
  #wall = null;
  #dialog = new BatteryDialog(this);
  /** @type {string | undefined} */
  #chosen;

  /** @param {BankString} string */
  quantity(string) {
    const wanted = this.#chosen ?? this.config.quantity ?? "alarm";
    return quantitiesOf(string).includes(wanted) ? wanted : "alarm";
  }

  /** @param {BankString} string */
  build(string) {
    this.#wall?.stop();
    this.name(string.name);
    const numbers = string.batteries.map((battery) => battery.number);
    const wall = new Wall(this.texts.say("batteries"), numbers, (index) => this.#dialog.open(string.id, index));
    this.#wall = wall;
    this.legend = el("ul", { class: "legend" });
    this.body.replaceChildren(wall.element, this.legend, this.#dialog.element);
    this.#offer(string);
  }

  /**
   * @param {BankString} string
   * @param {Moved} moved
   */
  update(string, moved) {
    const key = this.quantity(string);
    for (const index of moved.all ? everyIndex(string) : moved.cells) {
      this.#wall?.paint(index, tileOf(key, string, index, this.format, this.texts));
    }
    this.#dialog.update(string, moved);
  }

  getCardSize() {
    return 8;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#dialog.close();
  }

  /** @param {BankString} string */
  #offer(string) {
    const current = this.quantity(string);
    const buttons = quantitiesOf(string).map((key) =>
      el(
        "button",
        { "aria-pressed": String(key === current), onclick: () => this.#choose(key) },
        this.texts.say(quantityName(key, string)),
      ),
    );
    this.tools.replaceChildren(
      el("div", { class: "choice", role: "group", "aria-label": this.texts.say("colour_by") }, ...buttons),
    );
    this.body.toggleAttribute("data-plain", current === "alarm");
    const unit = QUANTITIES[current].long(0, this.format, string).split("\u00a0")[1];
    const measured = this.texts.say(current === "alarm" ? "voltage" : quantityName(current, string));
    this.legend?.replaceChildren(
      el("li", { class: "measured" }, `${measured}, ${unit}`),
      ...legend(current, string, this.format, this.texts).map(({ mark, text }) =>
        el(
          "li",
          {},
          el("span", { class: "tile", "data-mark": mark, "aria-hidden": "true" }, el("i", { class: "sign" })),
          text,
        ),
      ),
    );
  }

  /** @param {string} key */
  #choose(key) {
    this.#chosen = key;
    const { string } = this;
    if (!string) return;
    this.#offer(string);
    this.update(string, ALL);
    /** @type {HTMLElement | null} */ (this.tools.querySelector("[aria-pressed=true]"))?.focus();
  }
}
