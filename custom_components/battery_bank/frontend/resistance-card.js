import { Card } from "./card.js";
import { Chart, Drawing } from "./chart.js";
import { el, put, set, write } from "./dom.js";

const SETTLE = 2_000; // ms after a change, until all is asked for again

/** The resistance of all batteries against their baselines, with the limits. */
export class ResistanceCard extends Card {
	#drawing = new Drawing((width) => this.#draw(width));
	#told = el("p", { style: "flex: 1" });
	#open = el("button", { onclick: () => this.#show() });
	/** @type {Resistances | null} */
	#data = null;
	#picked = -1;
	#of = "";
	#turn = 0;
	/** @type {Chart | null} */
	#chart = null;
	/** @type {Timer} */
	#timer;

	build() {
		const { say, string } = this;
		const place = this.#drawing.element;
		this.name(say("resistance_baseline"), true);
		write(this.#open, say("details"));
		set(place, { role: "slider", tabindex: 0, "aria-orientation": "horizontal", "aria-valuemin": 1 });
		set(place, { "aria-label": say("resistance_baseline"), "aria-valuemax": string.batteries.length });
		place.onclick = (event) => this.#at(event.offsetX);
		place.onkeydown = (event) => this.#key(event);
		put(this.body, place, el("header", { style: "margin: 8px 0 0" }, this.#told, this.#open));
		if (this.#of !== string.id) [this.#data, this.#picked, this.#of] = [null, -1, string.id];
		this.#load();
	}

	/** @param {Moved} moved */
	update(moved) {
		const known = this.#data?.batteries;
		const { ratio } = this.string.cells;
		const news = (/** @type {number} */ index) =>
			known && ratio[index] !== null && Math.abs((known[index]?.ratio ?? 0) - ratio[index]) > 0.001;
		if (![...(moved.all ? ratio.keys() : moved.cells)].some(news)) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#load(), SETTLE);
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		clearTimeout(this.#timer);
	}

	async #load() {
		const turn = ++this.#turn;
		if (!this.string?.measures.resistance) return this.#say(this.say("no_test"));
		try {
			const data = await this.ask("resistances", { string: this.string.id });
			if (turn !== this.#turn) return;
			this.#data = data;
			this.#drawing.draw();
		} catch (error) {
			if (turn === this.#turn) this.#say(this.failure(error));
		}
	}

	/** @param {string} text */
	#say(text) {
		put(this.#drawing.element, el("p.empty", text));
		this.#open.hidden = true;
		write(this.#told, "");
	}

	/** @param {number} width */
	#draw(width) {
		if (!this.#data) return;
		const { say, format } = this;
		const { batteries, limits } = this.#data;
		const ratios = batteries.map(({ ratio }) => ratio).filter((ratio) => ratio !== null);
		if (!ratios.length) {
			return this.#say(batteries.some((one) => one.value_mohm !== null) ? say("no_baseline") : say("no_test"));
		}
		ratios.sort((one, other) => one - other);
		const [lowest, highest] = [ratios[0], ratios[ratios.length - 1]];
		const top = batteries.findIndex(({ ratio }) => ratio === highest);
		const count = batteries.length;
		const round = [1, 2, 5, 10, 20, 50].find((one) => one >= (34 * count) / width) ?? 100;
		const percent = (/** @type {number} */ ratio) => format.percent(ratio);
		const x = {
			min: -0.6,
			max: count - 0.4,
			ticks: [...batteries.keys()].filter((index) => !index || (index + 1) % round === 0),
			text: (/** @type {number} */ index) => String(batteries[index].number),
		};
		const max = Math.max(limits.alarm * 1.06, highest * 1.08 - 0.05);
		const y = { min: Math.min(0.8, lowest * 0.97), max, text: percent };
		const label = say("highest", { number: batteries[top].number, value: percent(highest) });
		const median = say("median", { value: percent(ratios[Math.floor(ratios.length / 2)]) });
		const chart = new Chart(width, 260, x, y, `${label}, ${median}`);
		const wide = chart.step * (count > 60 ? 0.86 : 0.7);
		const normal = chart.y(1);
		for (const [index, { ratio, number }] of batteries.entries()) {
			if (ratio === null) continue;
			const mark = ratio >= limits.alarm ? 3 : ratio >= limits.warning ? 2 : 0;
			const [x, end] = [chart.x(index), chart.y(ratio)];
			const y = Math.min(end, normal);
			const place = { x: x - wide / 2, y, width: wide, height: Math.max(1.5, Math.abs(end - normal)) };
			chart.add("rect", { class: "bar", "data-mark": mark, ...place, rx: Math.min(3, wide / 4) });
			if (mark) chart.add("text", { x, y: y - 5, "text-anchor": "middle" }, number);
		}
		chart.limit(1, "ok", "");
		chart.limits(limits.warning, limits.alarm, say, percent);
		this.#chart = chart;
		put(this.#drawing.element, chart.element);
		this.#pick(this.#picked < 0 ? top : this.#picked);
	}

	/** @param {number} index */
	#pick(index) {
		const chart = this.#chart;
		if (!this.#data || !chart) return;
		const { say, format } = this;
		const { batteries } = this.#data;
		this.#picked = Math.max(0, Math.min(batteries.length - 1, index));
		const { number, value_mohm, ratio, baseline_mohm, at } = batteries[this.#picked];
		const told = [
			`${say("battery", { number })}: ${format.value(value_mohm, 2, "mΩ")}`,
			ratio === null ? say("no_baseline") : format.percent(ratio),
			`${say("baseline")} ${format.value(baseline_mohm, 2, "mΩ")}`,
		];
		if (at !== null) told.push(say("tested", { time: format.moment(at) }));
		write(this.#told, told.join(" · "));
		this.#open.hidden = false;
		set(this.#drawing.element, { "aria-valuenow": this.#picked + 1, "aria-valuetext": told.join(" · ") });
		chart.element.querySelector(".picked")?.remove();
		const half = Math.max(chart.step / 2, 4);
		const [x, y] = [chart.x(this.#picked) - half, chart.y(chart.axes.y.max)];
		chart.add("rect", { class: "picked", x, y, width: 2 * half, height: chart.bottom - y, rx: 4 });
	}

	/** @param {number} x px */
	#at(x) {
		if (this.#chart) this.#pick(Math.round((x - this.#chart.x(0)) / this.#chart.step));
	}

	#show() {
		if (this.#picked >= 0) this.dialog.open(this.string, this.#picked);
	}

	/** @param {KeyboardEvent} event */
	#key(event) {
		/** @type {Record<string, number>} */
		const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
		steps.Home = -Infinity;
		steps.End = Infinity;
		if (event.key === "Enter") this.#show();
		else if (event.key in steps) this.#pick(this.#picked + steps[event.key]);
		else return;
		event.preventDefault();
	}
}
