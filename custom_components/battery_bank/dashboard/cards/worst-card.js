import {Card} from "./card.js"
import {el, put} from "./dom.js"
import {sign, well} from "./parts.js"
import {QUANTITIES, valueText} from "./quantities.js"
import {worst} from "./worst.js"

const COUNT = 5

export class WorstCard extends Card {
	static rows = 5
	#list = el("ul.items")
	#shown = ""

	build() {
		this.name(this.say("worst_batteries"), true)
		this.#shown = ""
		const report = el("button", {onclick: () => this.#report("html")}, this.say("report"))
		const table = el("button", {onclick: () => this.#report("csv")}, this.say("report_csv"))
		put(this.body, this.#list, el("div.actions", report, table))
	}

	// The browser needs a signed path to fetch a page. The report opens in a new tab, to be printed; the table is saved.
	async #report(/** @type {"html" | "csv"} */ kind) {
		const path = `/api/battery_bank/report/${this.string.id}.${kind}`
		try {
			const signed = await this.hass.connection.sendMessagePromise({type: "auth/sign_path", path, expires: 3600})
			el("a", {href: signed.path, target: "_blank", download: kind === "csv"}).click()
		} catch (error) {
			this.toast(this.failure(error))
		}
	}

	update(/** @type {Moved} */ moved) {
		if (!moved.alarms && !moved.cells.size) return
		const {say, string} = this
		const {cells, batteries} = string
		const rows = worst(string, COUNT).map(({index, reasons}) => ({
			index,
			name: say("battery", {number: batteries[index].number}),
			level: cells.contact[index] !== "answering" ? "warning" : cells.level[index],
			voltage: valueText("alarm", string, index, this.format),
			why: reasons.map((reason) => this.#why(reason)).join(" · "),
		}))
		const shown = JSON.stringify(rows)
		if (shown === this.#shown) return
		this.#shown = shown
		const focused = [...this.#list.querySelectorAll("button")].findIndex((button) => button.matches(":focus"))
		const buttons = rows.map(({index, name, level, voltage, why}) =>
			el(
				"button.item",
				{"data-level": level, onclick: () => this.dialog.open(this.string, index)},
				sign(level === "ok" ? "note" : level, say(level)),
				[el("strong", name), el("span.much", voltage), el("span.rest", why)],
			),
		)
		const none = well(say("worst_none"))
		none.classList.add("empty")
		put(this.#list, rows.length ? buttons.map((button) => el("li", button)) : [none])
		buttons[focused]?.focus()
	}

	#why(/** @type {Reason} */ reason) {
		const {say, texts, format, string} = this
		if (reason.key === "no_answer") return say("why_no_answer")
		if (reason.key === "risk") return say("why_risk", {risk: texts.or(`risk.${reason.risk}`, reason.risk)})
		if (reason.key === "alarm") {
			const {value, unit} = reason.alarm
			const much = value === null ? "" : ` ${format.measured(value, unit)}`
			return say("why_alarm", {name: texts.alarm(reason.alarm)}) + much
		}
		const {key, value} = reason
		if (key === "ratio") return say("why_ratio", {value: format.percent(value)})
		if (key === "rise") return say("why_rise", {value: format.rise(value, false)})
		return say("why_deviation", {value: QUANTITIES.deviation.long(value, format, string)})
	}
}
