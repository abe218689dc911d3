import {Card} from "./card.js"
import {el, put} from "./dom.js"
import {described, legend, markOf, QUANTITIES, quantitiesOf, quantityName, valueText} from "./quantities.js"
import {ALL} from "./state.js"
import {Wall} from "./wall.js"

/** @type {Paint} */
export const paint = (wall, key, string, which, {format, texts}) => {
	for (const index of which) {
		const label = described(key, string, index, format, texts)
		const text = valueText(key, string, index, format)
		wall.paint(index, markOf(key, string, index), text, label, string.cells.testing[index])
	}
}

export class WallCard extends Card {
	static fields = ["string", "quantity"]
	static rows = 8
	#legend = el("ul.legend")
	/** @type {Wall | undefined} */
	#wall
	/** @type {string | undefined} */
	#chosen

	get #quantity() {
		const wanted = this.#chosen ?? this.config.quantity ?? "alarm"
		return quantitiesOf(this.string).includes(wanted) ? wanted : "alarm"
	}

	build() {
		const {string} = this
		this.name(string.name)
		this.#wall = new Wall(this.say("batteries"), string, (index) => this.dialog.open(this.string, index))
		put(this.body, this.#wall.element, this.#legend)
		this.#offer()
	}

	update(/** @type {Moved} */ moved) {
		const which = moved.all ? this.string.batteries.keys() : moved.cells
		if (this.#wall) paint(this.#wall, this.#quantity, this.string, which, this)
	}

	#offer() {
		const {say, string, format, texts} = this
		const current = this.#quantity
		const buttons = quantitiesOf(string).map((key) => {
			const attributes = {"aria-pressed": String(key === current), onclick: () => this.#choose(key)}
			return el("button", attributes, say(quantityName(key, string)))
		})
		put(this.tools, el("div.choice", {role: "group", "aria-label": say("colour_by")}, buttons))
		this.body.toggleAttribute("data-plain", current === "alarm")
		const unit = QUANTITIES[current].long(0, format, string).split("\u00a0")[1]
		const measured = say(current === "alarm" ? "voltage" : quantityName(current, string))
		const entries = legend(current, string, format, texts).map(({mark, text}) =>
			el("li", el("span.tile", {"data-mark": mark, "aria-hidden": "true"}, el("i.sign")), text),
		)
		put(this.#legend, el("li.measured", `${measured}, ${unit}`), entries)
	}

	#choose(/** @type {string} */ key) {
		this.#chosen = key
		if (!this.string) return
		this.#offer()
		this.update(ALL)
		;/** @type {HTMLElement | null} */ (this.tools.querySelector("[aria-pressed=true]"))?.focus()
	}
}
