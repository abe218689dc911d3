// The five batteries to look at first, and why.
import { Card } from "./card.js";
import { el } from "./dom.js";
import { sign, well } from "./parts.js";
import { QUANTITIES } from "./quantities.js";
import { worst } from "./worst.js";

const COUNT = 5;

export class WorstCard extends Card {
	static rows = 5;
	#list = el("ul.items");
	#shown = "";

	/** @param {BankString} string */
	build(string) {
		this.name(this.texts.say("worst_batteries"), string);
		this.#shown = "";
		this.body.replaceChildren(this.#list);
	}

	/** @param {BankString} string @param {Moved} moved */
	update(string, moved) {
		if (!moved.alarms && !moved.cells.size) return;
		const { cells, batteries, id } = string;
		const { say } = this.texts;
		const rows = worst(string, COUNT).map(({ index, reasons }) => ({
			index,
			name: say("battery", { number: batteries[index].number }),
			level: cells.contact[index] === "lost" ? "warning" : cells.level[index],
			voltage: QUANTITIES.alarm.long(cells.voltage[index], this.format, string),
			why: reasons.map((reason) => this.#why(reason, string)).join(" · "),
		}));
		const shown = JSON.stringify(rows);
		if (shown === this.#shown) return;
		this.#shown = shown;
		const focused = [...this.#list.querySelectorAll("button")].findIndex((button) => button.matches(":focus"));
		const buttons = rows.map(({ index, name, level, voltage, why }) =>
			el(
				"button.item",
				{ "data-level": level, onclick: () => this.dialog.open(id, index) },
				sign(level === "ok" ? "note" : level, say(level)),
				[el("strong", name), el("span.much", voltage), el("span.rest", why)],
			),
		);
		const none = well(say("worst_none"));
		none.classList.add("empty");
		this.#list.replaceChildren(...(rows.length ? buttons.map((button) => el("li", button)) : [none]));
		buttons[focused]?.focus();
	}

	/** @param {Reason} reason @param {BankString} string */
	#why(reason, string) {
		const { texts, format } = this;
		const { say } = texts;
		switch (reason.key) {
			case "alarm": {
				const { value, unit } = reason.alarm;
				const much = value === null ? "" : ` ${format.measured(value, unit)}`;
				return say("why_alarm", { name: texts.alarm(reason.alarm) }) + much;
			}
			case "risk":
				return say("why_risk", { risk: texts.or(`risk.${reason.risk}`, reason.risk) });
			case "deviation":
				return say("why_deviation", { value: QUANTITIES.deviation.long(reason.value, format, string) });
			case "ratio":
				return say("why_ratio", { value: format.percent(reason.value) });
			case "rise":
				return say("why_rise", { value: format.rise(reason.value, false) });
			default:
				return say("why_no_answer");
		}
	}
}
