// Every battery of a string as a tile, coloured by what one looks for.
import { Card } from "./card.js";
import { el } from "./dom.js";
import { described, legend, markOf, QUANTITIES, quantitiesOf, quantityName } from "./quantities.js";
import { ALL } from "./state.js";
import { Wall } from "./wall.js";

/** @param {Wall} wall @param {string} key @param {BankString} string @param {Moved} moved @param {Card} card */
export function paint(wall, key, string, moved, { format, texts }) {
	const quantity = QUANTITIES[key];
	for (const index of moved.all ? string.batteries.keys() : moved.cells) {
		wall.paint(index, {
			mark: markOf(key, string, index),
			text: quantity.short(quantity.value(string, index), format, string),
			label: described(key, string, index, format, texts),
			testing: string.cells.testing[index],
		});
	}
}

export class WallCard extends Card {
	static fields = ["string", "quantity"];
	static rows = 8;
	#legend = el("ul.legend");
	/** @type {Wall | undefined} */
	#wall;
	/** @type {string | undefined} */
	#chosen;

	/** @param {BankString} string */
	#quantity(string) {
		const wanted = this.#chosen ?? this.config.quantity ?? "alarm";
		return quantitiesOf(string).includes(wanted) ? wanted : "alarm";
	}

	/** @param {BankString} string */
	build(string) {
		this.#wall?.stop();
		this.name(string.name);
		this.#wall = new Wall(this.texts.say("batteries"), string, (index) => this.dialog.open(string.id, index));
		this.body.replaceChildren(this.#wall.element, this.#legend);
		this.#offer(string);
	}

	/** @param {BankString} string @param {Moved} moved */
	update(string, moved) {
		if (this.#wall) paint(this.#wall, this.#quantity(string), string, moved, this);
	}

	/** @param {BankString} string */
	#offer(string) {
		const { say } = this.texts;
		const current = this.#quantity(string);
		const buttons = quantitiesOf(string).map((key) => {
			const attributes = { "aria-pressed": String(key === current), onclick: () => this.#choose(key) };
			return el("button", attributes, say(quantityName(key, string)));
		});
		this.tools.replaceChildren(el("div.choice", { role: "group", "aria-label": say("colour_by") }, buttons));
		this.body.toggleAttribute("data-plain", current === "alarm");
		const unit = QUANTITIES[current].long(0, this.format, string).split("\u00a0")[1];
		const measured = say(current === "alarm" ? "voltage" : quantityName(current, string));
		const entries = legend(current, string, this.format, this.texts).map(({ mark, text }) =>
			el("li", el("span.tile", { "data-mark": mark, "aria-hidden": "true" }, el("i.sign")), text),
		);
		this.#legend.replaceChildren(el("li.measured", `${measured}, ${unit}`), ...entries);
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
