// What strings do, how full they are and how long they last, and their alarms; all, or the one that was chosen.
import { Card } from "./card.js";
import { el } from "./dom.js";
import { ALL, worstFirst } from "./state.js";
import { StringPanel } from "./string-panel.js";
import { SUMMARY } from "./style.js";

export class SummaryCard extends Card {
	static fields = ["string", "compact"];
	static one = false;
	static css = SUMMARY;
	#place = el("div.panels");
	/** @type {Map<string, StringPanel>} */
	#panels = new Map();
	#shape = "";
	#order = "";
	/** @type {Texts | null} */
	#spoken = null;

	/** @param {CardConfig} config */
	setConfig(config) {
		this.#spoken = null; // so that all is made anew
		super.setConfig(config);
	}

	/** @param {Change} change */
	changed({ lines, strings: moved }) {
		const { state, string } = this;
		const chosen = this.config.string ? [string] : worstFirst(state.strings.values(), state.lines);
		const shown = chosen.filter((one) => one !== undefined);
		if (!shown.length) {
			this.#shape = "";
			return this.empty();
		}
		this.#arrange(shown, !moved);
		for (const string of shown) {
			const panel = this.#panels.get(string.id);
			if (lines) panel?.line(state.lines.get(string.line));
			const what = moved ? moved.get(string.id) : ALL;
			if (!what) continue;
			panel?.update(string, what);
			this.dialog.update(string, what);
		}
	}

	/** Put the panels in order, anew where they are of other strings. @param {BankString[]} shown @param {boolean} whole */
	#arrange(shown, whole) {
		const made = () => shown.map((one) => JSON.stringify([one.id, one.name, one.batteries, one.measures])).sort();
		const shape = whole ? made().join() : this.#shape;
		const alone = shown.length === 1;
		if (shape !== this.#shape || this.texts !== this.#spoken) {
			[this.#shape, this.#spoken, this.#order] = [shape, this.texts, ""];
			for (const panel of this.#panels.values()) panel.wall?.stop();
			const { compact, links, fill } = this.config;
			const common = {
				cells: !compact,
				wall: alone,
				link: Boolean(links),
				facts: alone && !fill,
				most: alone ? Infinity : 1,
			};
			const panels = shown.map((string) => {
				const open = (/** @type {number} */ index) => this.dialog.open(string.id, index);
				return new StringPanel(this, string, { ...common, open });
			});
			this.#panels = new Map(shown.map(({ id }, index) => [id, panels[index]]));
			this.#place.classList.toggle("alone", alone);
			this.body.replaceChildren(this.#place);
			this.card.setAttribute("aria-label", this.texts.say("overview"));
		}
		const order = shown.map(({ id }) => id).join();
		if (order === this.#order) return;
		this.#order = order;
		this.#place.replaceChildren(...shown.map(({ id }) => this.#panels.get(id)?.element ?? ""));
	}

	getCardSize() {
		return this.config.fill ? 12 : 8;
	}
}
