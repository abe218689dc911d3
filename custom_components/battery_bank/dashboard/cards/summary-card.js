import {Card} from "./card.js"
import {el, put} from "./dom.js"
import {ALL, worstFirst} from "./state.js"
import {stringPanel} from "./string-panel.js"
import {SUMMARY} from "./style.js"

export class SummaryCard extends Card {
	static fields = ["string", "compact"]
	static one = false
	static rows = 8
	static css = SUMMARY
	#place = el("div.panels")
	/** @type {Map<string, ReturnType<typeof stringPanel>>} */
	#panels = new Map()

	changed(/** @type {Change} */ {lines, strings: moved}) {
		const {state, string} = this
		const chosen = this.config.string ? [string] : worstFirst(state.strings.values(), state.lines)
		const shown = chosen.filter((one) => one !== undefined)
		if (!shown.length) return this.empty()
		this.#arrange(shown, !moved)
		for (const string of shown) {
			const panel = this.#panels.get(string.id)
			if (lines) panel?.line(state.lines.get(string.line))
			const what = moved ? moved.get(string.id) : ALL
			if (!what) continue
			panel?.update(string, what)
			this.dialog.update(string, what)
		}
	}

	/** @param {BankString[]} shown @param {boolean} whole */
	#arrange(shown, whole) {
		const known = shown.toSorted((one, other) => Number(one.id > other.id) || -1)
		if (whole && this.fresh(known)) {
			const alone = shown.length === 1
			const panels = shown.map((string) => stringPanel(this, string, alone))
			this.#panels = new Map(shown.map(({id}, index) => [id, panels[index]]))
			this.#place.classList.toggle("alone", alone)
			put(this.#place)
			put(this.body, this.#place)
			this.card.setAttribute("aria-label", this.say("overview"))
		}
		const places = shown.map(({id}) => this.#panels.get(id)?.element)
		if (places.some((place, index) => place !== this.#place.children[index])) put(this.#place, places)
	}
}
