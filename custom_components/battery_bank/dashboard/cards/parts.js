import {el, put, set, write} from "./dom.js"
import {markOf} from "./quantities.js"
import {seconds} from "./state.js"

const WIDEST = 48 // columns of a strip

/** @param {(string | false)[]} keys @param {Say} say */
export function figures(keys, say) {
	const known = keys.filter((key) => key !== false)
	const parts = new Map(known.map((key) => [key, [el("span"), el("small"), el("div.note")]]))
	const made = [...parts].map(([key, [number, unit, note]]) =>
		el("div.figure", el("dt", say(key)), el("dd", number, unit), note),
	)
	/** @param {string} key @param {string} value @param {string | false} [note] */
	const show = (key, value, note) => {
		const [number, unit = "", ...more] = value.split("\u00a0") // the space that holds them together
		const shown = more.length ? [value, "", note || ""] : [number, unit, note || ""]
		for (const [index, part] of (parts.get(key) ?? []).entries()) write(part, shown[index])
	}
	return {element: el("dl.figures", made), show}
}

/** @param {string} level @param {string} [label] */
export function sign(level, label) {
	return el("i.sign", {"data-sign": level, role: label && "img", "aria-label": label})
}

export function well(/** @type {string} */ text) {
	return el("li.well", sign("ok"), ` ${text}`)
}

export function badge() {
	const element = el("span.badge")
	/** @param {string} level @param {Say} say */
	const show = (level, say) => {
		if (element.dataset.level === level) return
		element.dataset.level = level
		put(element, sign(level), el("span", say(level)))
	}
	return {element, show}
}

/** @param {Alarm} alarm @param {Card} card */
export function alarmItem(alarm, {say, texts, format}, named = true) {
	const {battery, batteries = [], level, value, limit, unit, acknowledged_by: name} = alarm
	const {value_now: now = null, value_at: at = null, worst_value: worst = null, worst_at: worstAt = null} = alarm
	const rest = [say("since", {time: format.since(seconds(alarm.since))})]
	if (limit !== null) rest.push(say("limit", {limit: format.measured(limit, unit)}))
	if (worst !== null && worst !== now) {
		rest.push(say("worst_value", {value: format.measured(worst, unit), time: format.since(seconds(worstAt))}))
	}
	if (now === null && at !== null) rest.push(say("value_until", {time: format.since(seconds(at))}))
	if (name) rest.push(say("seen_by", {name}))
	const shown = now ?? (at === null ? value : null)
	const several = batteries.length > 1 && `${say("several", {count: batteries.length})} · `
	return el(
		"li.item",
		{"data-level": level},
		sign(level, say(level)),
		el(
			"strong",
			named && battery !== null && `${say("battery", {number: battery})} · `,
			several,
			texts.alarm(alarm),
			alarm.drill && el("span.chip", say("drill")),
		),
		el("span.much", shown !== null && format.measured(shown, unit)),
		el("p.rest.advice", texts.or(`what_to_do.${alarm.kind}`, alarm.what_to_do)),
		el("p.rest", rest.join(" · ")),
	)
}

export function strip(/** @type {BankString} */ {batteries}) {
	const bars = batteries.map(() => el("i"))
	const columns = Math.ceil(batteries.length / Math.ceil(batteries.length / WIDEST))
	const element = el("div.strip", {role: "img", style: `--columns: ${columns}`}, bars)
	/** @param {BankString} string @param {Iterable<number>} which @param {Say} say */
	const show = (string, which, say) => {
		for (const index of which) {
			const mark = String(markOf("alarm", string, index))
			if (bars[index].dataset.mark !== mark) bars[index].dataset.mark = mark
		}
		const {level, contact} = string.cells
		const label = ["alarm", "warning", "ok"].map((one) => `${say(one)} ${level.filter((it) => it === one).length}`)
		label.push(`${say("no_answer")} ${contact.filter((one) => one !== "answering").length}`)
		set(element, {"aria-label": label.join(", ")})
	}
	return {element, show}
}
