// Pieces that several cards show.
import { el, write } from "./dom.js";
import { markOf } from "./quantities.js";
import { seconds } from "./state.js";

const WIDEST = 48; // columns of a strip

/** A figure with its name: large, to be read from afar. */
export class Figure {
	number = el("span");
	unit = el("small");
	note = el("div.note");

	/** @param {string} name */
	constructor(name) {
		this.element = el("div.figure", el("dt", name), el("dd", this.number, this.unit), this.note);
	}

	/** @param {string} value with its unit after the space that holds them together @param {string} [note] */
	show(value, note = "") {
		const [number, unit, ...more] = value.split("\u00a0");
		write(this.number, more.length ? value : number);
		write(this.unit, more.length ? "" : (unit ?? ""));
		write(this.note, note);
	}
}

/** @param {Record<string, Figure>} figures */
export function figureList(figures) {
	return el(
		"dl.figures",
		Object.values(figures).map((figure) => figure.element),
	);
}

/** @param {string} level @param {string} [label] */
export function sign(level, label) {
	return el("i.sign", { "data-sign": level, role: label && "img", "aria-label": label });
}

/** A line that says that all is well. @param {string} text */
export function well(text) {
	return el("li.well", sign("ok"), ` ${text}`);
}

/** @param {Texts} texts */
export function badge(texts) {
	const element = el("span.badge");
	/** @param {string} level */
	const show = (level) => {
		if (element.dataset.level === level) return;
		element.dataset.level = level;
		element.replaceChildren(sign(level), el("span", texts.say(level)));
	};
	return { element, show };
}

/** What, where, how much, since when, and what to do. @param {Alarm} alarm @param {Card} card */
export function alarmItem(alarm, { texts, format }, named = true) {
	const { say } = texts;
	const { battery, level, value, limit, unit, acknowledged_by: name } = alarm;
	const rest = [
		say("since", { time: format.since(seconds(alarm.since)) }),
		limit !== null && say("limit", { limit: format.measured(limit, unit) }),
		name && say("seen_by", { name }),
	];
	const where = named && battery !== null && `${say("battery", { number: battery })} · `;
	return el(
		"li.item",
		{ "data-level": level },
		sign(level, say(level)),
		el("strong", where, texts.alarm(alarm), alarm.drill && el("span.chip", say("drill"))),
		el("span.much", value !== null && format.measured(value, unit)),
		el("p.rest.advice", texts.or(`what_to_do.${alarm.kind}`, alarm.what_to_do)),
		el("p.rest", rest.filter(Boolean).join(" · ")),
	);
}

/** All batteries of a string as bars, for one look: the worse, the higher. */
export class Strip {
	/** @param {BankString} string */
	constructor(string) {
		const count = string.batteries.length;
		this.bars = string.batteries.map(() => el("i"));
		this.element = el("div.strip", { role: "img" }, this.bars);
		this.element.style.setProperty("--columns", String(Math.ceil(count / Math.ceil(count / WIDEST))));
	}

	/** @param {BankString} string @param {Iterable<number>} which @param {Texts} texts */
	show(string, which, { say }) {
		for (const index of which) {
			const mark = String(markOf("alarm", string, index));
			if (this.bars[index].dataset.mark !== mark) this.bars[index].dataset.mark = mark;
		}
		const { level, contact } = string.cells;
		const label = ["alarm", "warning", "ok"].map((one) => `${say(one)} ${level.filter((it) => it === one).length}`);
		label.push(`${say("no_answer")} ${contact.filter((one) => one === "lost").length}`);
		this.element.setAttribute("aria-label", label.join(", "));
	}
}
