// The resistance of all batteries against their baselines, with the limits.
import { Card } from "./card.js";
import { atWidth, Chart } from "./chart.js";
import { el, svg, write } from "./dom.js";

const HEIGHT = 260; // px
const SETTLE = 2_000; // ms after a change, until all is asked for again

export class ResistanceCard extends Card {
	#place = el("div", {
		role: "slider",
		tabindex: 0,
		"aria-orientation": "horizontal",
		onclick: (/** @type {MouseEvent} */ event) => this.#at(event.offsetX),
		onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
	});
	#told = el("p", { style: "flex: 1" });
	#open = el("button", { onclick: () => this.#show() });
	/** @type {Resistances | null} */
	#data = null;
	#picked = -1;
	#of = "";
	#turn = 0;
	#width = 0;
	/** @type {Chart | null} */
	#chart = null;
	/** @type {(() => void) | undefined} */
	#unwatch;
	/** @type {Timer} */
	#timer;

	/** @param {BankString} string */
	build(string) {
		this.name(this.texts.say("resistance_baseline"), string);
		write(this.#open, this.texts.say("details"));
		this.body.replaceChildren(this.#place, el("header", { style: "margin: 8px 0 0" }, this.#told, this.#open));
		if (this.#of !== string.id) [this.#data, this.#picked, this.#of] = [null, -1, string.id];
		this.#unwatch?.();
		this.#unwatch = atWidth(this.#place, (width) => {
			this.#width = width;
			this.#draw();
		});
		this.#load(string);
	}

	/** @param {BankString} string @param {Moved} moved */
	update(string, moved) {
		const known = this.#data?.batteries;
		if (!known) return;
		const { ratio } = string.cells;
		const news = [...(moved.all ? ratio.keys() : moved.cells)].some(
			(index) => ratio[index] !== null && Math.abs((known[index]?.ratio ?? 0) - ratio[index]) > 0.001,
		);
		if (!news) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#load(string), SETTLE);
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		clearTimeout(this.#timer);
	}

	/** @param {BankString} string */
	async #load(string) {
		const turn = ++this.#turn;
		if (!string.measures.resistance) return this.#say(this.texts.say("no_test"));
		try {
			const data = await this.ask("resistances", { string: string.id });
			if (turn !== this.#turn) return;
			this.#data = data;
			this.#draw();
		} catch (error) {
			if (turn === this.#turn) this.#say(this.failure(error));
		}
	}

	/** @param {string} text */
	#say(text) {
		this.#place.replaceChildren(el("p.empty", text));
		this.#open.hidden = true;
		write(this.#told, "");
	}

	#draw() {
		if (!this.#data || !this.#width) return;
		const { say } = this.texts;
		const { batteries, limits } = this.#data;
		const ratios = batteries.map(({ ratio }) => ratio).filter((ratio) => ratio !== null);
		if (!ratios.length) {
			return this.#say(batteries.some((one) => one.value_mohm !== null) ? say("no_baseline") : say("no_test"));
		}
		ratios.sort((one, other) => one - other);
		const [lowest, highest] = [ratios[0], ratios[ratios.length - 1]];
		const top = batteries.findIndex(({ ratio }) => ratio === highest);
		const count = batteries.length;
		const step = count / (this.#width / 34);
		const round = [1, 2, 5, 10, 20, 50].find((one) => one >= step) ?? 100;
		const percent = (/** @type {number} */ ratio) => this.format.percent(ratio);
		const median = say("median", { value: percent(ratios[Math.floor(ratios.length / 2)]) });
		const chart = new Chart(
			this.#width,
			HEIGHT,
			{
				min: -0.6,
				max: count - 0.4,
				ticks: [...batteries.keys()].filter((index) => index === 0 || (index + 1) % round === 0),
				text: (index) => String(batteries[index].number),
			},
			{ min: Math.min(0.8, lowest * 0.97), max: Math.max(limits.alarm * 1.06, highest * 1.08 - 0.05), text: percent },
			`${say("highest", { number: batteries[top].number, value: percent(highest) })}, ${median}`,
		);
		const width = (chart.x(1) - chart.x(0)) * (count > 60 ? 0.86 : 0.7);
		const normal = chart.y(1);
		for (const [index, { ratio, number }] of batteries.entries()) {
			if (ratio === null) continue;
			const mark = ratio >= limits.alarm ? 3 : ratio >= limits.warning ? 2 : 0;
			const end = chart.y(ratio);
			const height = Math.max(1.5, Math.abs(end - normal));
			const [x, y] = [chart.x(index), Math.min(end, normal)];
			const rx = Math.min(3, width / 4);
			chart.add("rect", { class: "bar", "data-mark": mark, x: x - width / 2, y, width, height, rx });
			if (mark) chart.add("text", { x, y: y - 5, "text-anchor": "middle" }, number);
		}
		chart.limit(1, "ok", "");
		chart.limit(limits.warning, "warning", say("limit_warning", { limit: percent(limits.warning) }));
		chart.limit(limits.alarm, "alarm", say("limit_alarm", { limit: percent(limits.alarm) }));
		this.#chart = chart;
		this.#place.replaceChildren(chart.element);
		this.#place.setAttribute("aria-label", say("resistance_baseline"));
		this.#place.setAttribute("aria-valuemin", "1");
		this.#place.setAttribute("aria-valuemax", String(count));
		this.#pick(this.#picked < 0 ? top : this.#picked);
	}

	/** @param {number} index */
	#pick(index) {
		const chart = this.#chart;
		if (!this.#data || !chart) return;
		const { batteries } = this.#data;
		this.#picked = Math.max(0, Math.min(batteries.length - 1, index));
		const { number, value_mohm, ratio, baseline_mohm, at } = batteries[this.#picked];
		const { format } = this;
		const { say } = this.texts;
		const told = [
			`${say("battery", { number })}: ${format.value(value_mohm, 2, "mΩ")}`,
			ratio === null ? say("no_baseline") : format.percent(ratio),
			`${say("baseline")} ${format.value(baseline_mohm, 2, "mΩ")}`,
		];
		if (at !== null) told.push(say("tested", { time: format.moment(at) }));
		const text = told.join(" · ");
		write(this.#told, text);
		this.#open.hidden = false;
		this.#place.setAttribute("aria-valuenow", String(this.#picked + 1));
		this.#place.setAttribute("aria-valuetext", text);
		chart.element.querySelector(".picked")?.remove();
		const half = Math.max((chart.x(1) - chart.x(0)) / 2, 4);
		const y = chart.y(chart.axes.y.max);
		const place = { x: chart.x(this.#picked) - half, y, width: 2 * half, height: chart.bottom - y, rx: 4 };
		chart.element.append(svg("rect", { class: "picked", ...place }));
	}

	/** @param {number} x px */
	#at(x) {
		if (!this.#chart) return;
		const first = this.#chart.x(0);
		this.#pick(Math.round((x - first) / (this.#chart.x(1) - first)));
	}

	#show() {
		if (this.string && this.#picked >= 0) this.dialog.open(this.string.id, this.#picked);
	}

	/** @param {KeyboardEvent} event */
	#key(event) {
		const at = this.#picked;
		/** @type {Record<string, number>} */
		const places = {
			ArrowLeft: at - 1,
			ArrowDown: at - 1,
			ArrowRight: at + 1,
			ArrowUp: at + 1,
			PageDown: at - 10,
			PageUp: at + 10,
			Home: 0,
			End: Infinity,
		};
		if (event.key === "Enter") this.#show();
		else if (event.key in places) this.#pick(places[event.key]);
		else return;
		event.preventDefault();
	}
}
