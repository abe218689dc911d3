// Discharges played back: the curves, every battery at any moment, who failed, and another discharge beside them.
import { Card } from "./card.js";
import { atWidth } from "./chart.js";
import { el } from "./dom.js";
import { clock } from "./format.js";
import { Figure, figureList, sign, well } from "./parts.js";
import { voltDigits } from "./quantities.js";
import { longer, replayChart } from "./replay-chart.js";
import { average, markAt, violators, voltageAt } from "./replay.js";
import { REPLAY } from "./style.js";
import { Wall } from "./wall.js";

const PAGE = 20; // discharges at a time
const APART = 0.03; // of the end voltage, where no limit for deviations says otherwise
const MOST = 8; // that are named one by one
const STEPS = 1000; // of the slider

export class ReplayCard extends Card {
	static css = REPLAY;
	static rows = 12;
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
	#width = 0;
	#turn = 0;
	#state = "";
	/** @type {Wall | undefined} */
	#wall;
	/** @type {((at: number) => void) | null} */
	#cursor = null;
	#list = el("div.list", { role: "group" });
	#compare = el("select", { hidden: true, onchange: () => this.#beside() });
	#place = el("div");
	#slider = el("input", { type: "range", min: 0, max: STEPS, oninput: () => this.#move() });
	#keys = el("ul.keys");
	#failed = el("ul.items");
	#drawing = el("div", this.#place, this.#slider, this.#keys);
	#main = el("div.main");
	/** @type {Record<string, Figure>} */
	#figures = {};

	constructor() {
		super();
		atWidth(this.#place, (width) => {
			this.#width = width;
			this.#draw();
		});
	}

	/** @param {BankString} string */
	build(string) {
		const { say } = this.texts;
		this.name(say("replay"));
		this.tools.replaceChildren(this.#compare);
		this.#list.setAttribute("aria-label", say("discharges"));
		this.#compare.setAttribute("aria-label", say("compare"));
		this.#slider.setAttribute("aria-label", say("time_into"));
		this.#figures = {
			time: new Figure(say("time_into")),
			average: new Figure(say("average")),
			drawn: new Figure(say("drawn")),
			lowest: new Figure(say("lowest")),
		};
		this.#wall?.stop();
		this.#wall = new Wall(say("batteries"), string, (index) => this.#pick(string.batteries[index].id));
		this.#main.replaceChildren(this.#drawing, figureList(this.#figures), this.#wall.element, this.#failed);
		this.body.replaceChildren(el("div.replay", this.#list, this.#main));
		[this.#discharges, this.#start, this.#against, this.#picked] = [[], null, null, null];
		[this.#curve, this.#other, this.#cursor] = [null, null, null];
		this.#state = string.values.state ?? "";
		this.#load(string);
	}

	/** @param {BankString} string @param {Moved} moved */
	update(string, moved) {
		const state = string.values.state ?? "";
		if (!moved.values || state === this.#state) return;
		const before = this.#state;
		this.#state = state;
		if ([before, state].includes("discharge")) this.#load(string); // there is one more
	}

	/** @param {BankString} string */
	async #load(string, offset = 0) {
		const turn = ++this.#turn;
		try {
			const answer = await this.ask("discharges", { string: string.id, limit: PAGE, offset });
			if (turn !== this.#turn) return;
			this.#discharges = [...this.#discharges.slice(0, offset), ...answer.discharges];
			this.#more = answer.more;
			this.#start ??= (this.#discharges.find((one) => one.has_curve) ?? this.#discharges[0])?.start ?? null;
			this.#offer(string);
			if (!offset) this.#choose(string, this.#start);
		} catch (error) {
			if (turn === this.#turn) this.#say(this.failure(error));
		}
	}

	/** @param {string} text */
	#say(text) {
		this.#list.replaceChildren(el("p.empty", text));
		this.#main.hidden = true;
	}

	/** @param {BankString} string */
	#offer(string) {
		const { format } = this;
		const { say } = this.texts;
		if (!this.#discharges.length) return this.#say(say("replay_none"));
		const rows = this.#discharges.map((one) => {
			const { start, end, drawn, lowest_battery: number, lowest_voltage, interrupted } = one;
			const facts = [end === null ? say("running") : format.duration(end - start)];
			if (drawn !== null) facts.push(format.value(drawn, 1, "Ah"));
			const voltage = format.value(lowest_voltage, voltDigits(string), "V");
			const lines = [facts.join(" · ")];
			if (number !== null) lines.push(`${say("lowest")}: ${say("battery", { number })}, ${voltage}`);
			if (interrupted) lines.push(say("interrupted"));
			return el(
				"button",
				{ "aria-pressed": String(start === this.#start), onclick: () => this.#choose(string, start) },
				el("strong", format.moment(start)),
				lines.map((line) => el("span.small.faint", line)),
			);
		});
		if (this.#more) {
			rows.push(el("button", { onclick: () => this.#load(string, this.#discharges.length) }, say("earlier")));
		}
		this.#list.replaceChildren(...rows);
		const others = this.#discharges.filter((one) => one.has_curve && one.start !== this.#start);
		const options = others.map(({ start }) => el("option", { value: start }, format.moment(start)));
		this.#compare.hidden = !others.length;
		this.#compare.replaceChildren(el("option", { value: "" }, say("compare")), ...options);
		this.#compare.value = String(this.#against ?? "");
	}

	/** @param {BankString} string @param {number | null} start */
	async #choose(string, start) {
		if (start === null) return;
		const turn = ++this.#turn;
		this.#start = start;
		if (this.#against === start) [this.#against, this.#other] = [null, null];
		this.#offer(string);
		const has = this.#discharges.find((one) => one.start === start)?.has_curve;
		const curve = has ? await this.#recall(string, start) : null;
		if (turn !== this.#turn) return;
		this.#curve = curve;
		this.#main.hidden = false;
		for (const part of [...this.#main.children, this.#slider, this.#keys]) part.toggleAttribute("hidden", !curve);
		this.#drawing.hidden = false;
		if (curve) {
			this.#slider.value = String(STEPS);
			this.#blame(string, curve);
			this.#draw();
		} else {
			this.#place.replaceChildren(el("p.empty", this.texts.say("no_curve")));
		}
	}

	async #beside() {
		const { string } = this;
		if (!string) return;
		const against = this.#compare.value ? Number(this.#compare.value) : null;
		this.#against = against;
		const other = against === null ? null : await this.#recall(string, against);
		if (against !== this.#against) return;
		this.#other = other;
		this.#draw();
	}

	/** @param {BankString} string @param {number} start @returns {Promise<Curve | null>} */
	async #recall(string, start) {
		try {
			return await this.ask("curve", { string: string.id, start });
		} catch (error) {
			this.say(this.failure(error));
			return null;
		}
	}

	/** Name who fell below the end voltage. @param {BankString} string @param {Curve} curve */
	#blame(string, curve) {
		const { format } = this;
		const { say } = this.texts;
		const found = violators(curve);
		const items = found.slice(0, MOST).map(({ battery, at, drawn, lowest }) => {
			const number = string.batteries.find((one) => one.id === battery)?.number ?? "?";
			const low = `${say("lowest")} ${format.value(lowest, voltDigits(string), "V")}`;
			const much = drawn === null ? low : `${format.value(drawn, 1, "Ah")} · ${low}`;
			const parts = [
				sign("alarm", say("below_end")),
				el("strong", say("below_after", { number, time: format.duration(at) })),
				el("span.much", much),
			];
			return el("li", el("button.item", { "data-level": "alarm", onclick: () => this.#pick(battery) }, parts));
		});
		const count = found.length - items.length;
		if (count > 0) items.push(el("li.faint", say("more", { count })));
		this.#failed.replaceChildren(...(items.length ? items : [well(say("below_none"))]));
	}

	#draw() {
		const { string } = this;
		const curve = this.#curve;
		if (!curve || !string || !this.#width) return;
		const played = { string, curve, other: this.#other, picked: this.#picked };
		const { chart, keys } = replayChart(played, this.#width, this.format, this.texts);
		this.#cursor = chart.cursor();
		this.#place.replaceChildren(chart.element);
		this.#keys.replaceChildren(...keys);
		this.#move();
	}

	/** Show the moment that the slider is at. */
	#move() {
		const { string, format } = this;
		const { say } = this.texts;
		const curve = this.#curve;
		if (!curve || !string) return;
		const now = (Number(this.#slider.value) / STEPS) * longer(curve, this.#other);
		this.#cursor?.(now);
		const mean = average(curve, string.batteries.length);
		const middle = voltageAt(mean, now);
		const { end_voltage: end } = curve.limits;
		const apart = string.limits.deviation_discharge?.warning ?? APART * end;
		const digits = voltDigits(string);
		const points = new Map(curve.curves.map((one) => [one.battery, one.points]));
		/** @type {{name: string, voltage: number} | undefined} */
		let lowest;
		for (const [index, { id, number }] of string.batteries.entries()) {
			const voltage = voltageAt(points.get(id) ?? [], now);
			const name = say("battery", { number });
			if (voltage !== null && (!lowest || voltage < lowest.voltage)) lowest = { name, voltage };
			this.#wall?.paint(index, {
				mark: markAt(voltage, middle, end, apart),
				text: format.number(voltage, digits),
				label: `${name}: ${format.value(voltage, digits, "V")}`,
			});
		}
		const drawn = mean.findLast(([at]) => at <= now + 1)?.[2];
		this.#figures.time.show(clock(now));
		this.#figures.average.show(format.value(middle, digits, "V"));
		this.#figures.drawn.show(format.value(drawn, 1, "Ah"));
		this.#figures.lowest.show(format.value(lowest?.voltage, digits, "V"), lowest?.name);
		this.#slider.setAttribute("aria-valuetext", format.duration(now));
	}

	/** @param {string} battery */
	#pick(battery) {
		this.#picked = this.#picked === battery ? null : battery;
		this.#draw();
	}
}
