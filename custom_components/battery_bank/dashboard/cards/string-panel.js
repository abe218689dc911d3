import {el, put, dispatch, write} from "./dom.js"
import {clock} from "./format.js"
import {alarmItem, badge, figures, strip, well} from "./parts.js"
import {seconds, urgentFirst} from "./state.js"
import {paint} from "./wall-card.js"
import {Wall} from "./wall.js"

const MANY = 60 // batteries, from which on they are a strip

/** @param {Card} card @param {BankString} string @param {boolean} alone whether it is the only one in the card */
export function stringPanel(card, string, alone) {
	const {say, texts, format, config} = card
	const {id, name, batteries, device_id, measures} = string
	const level = badge()
	const state = el("span.state.faint")
	const down = el("p.notice", {hidden: true})
	const named = measures.current
		? ["voltage", "current", "charge", "remaining"]
		: ["voltage", measures.temperature && "temperature"]
	const numbers = figures(named, say)
	const facts = el("p.small.faint", {hidden: !alone || config.fill})
	const tiles = alone && batteries.length <= MANY
	const wall =
		!config.compact && tiles && new Wall(say("batteries"), string, (index) => card.dialog.open(string, index))
	const bars = !config.compact && !tiles && strip(string)
	const visit = () => {
		history.pushState(null, "", `/${location.pathname.split("/")[1]}/string-${id}`)
		dispatch(window, "location-changed", {replace: false})
	}
	const see = async () => card.toast(await card.act("battery_bank.acknowledge_alarms", {device_id: [device_id]}))
	const acknowledge = el("button", {hidden: true, onclick: see}, say("acknowledge"))
	const count = el("h3")
	const list = el("ul.items", {"aria-live": "polite", tabindex: alone && 0})
	const aside = el("div.alarms", el("header", count, acknowledge), list)
	const cells = !config.compact && el("div.cells", {"data-plain": true}, wall && wall.element, bars && bars.element)
	const title = el("h2", config.links ? el("button.open", {onclick: visit}, name) : name)
	const header = el("header", title, state, level.element)
	const both = el(cells ? "div.both" : "div", cells, aside)
	const element = el("article.panel", {"aria-label": name}, header, down, numbers.element, facts, both)

	/** @type {string | null | undefined} */
	let shownLevel

	const showLine = (/** @type {Line | undefined} */ line) => {
		const text = card.problem(line)
		down.hidden = !text
		element.toggleAttribute("old", Boolean(text))
		write(down, text)
	}

	/** @param {BankString} string @param {Moved} moved */
	const update = (string, moved) => {
		const which = moved.all ? [...string.batteries.keys()] : [...moved.cells]
		if (wall) paint(wall, "alarm", string, which, card)
		if (bars && which.length) bars.show(string, which, say)
		if (moved.values) values(string.values)
		if (moved.alarms || string.values.level !== shownLevel) alarms(string)
	}

	const values = (/** @type {Values} */ values) => {
		const {limiting_battery: number, remaining_time: remaining, next_resistance_test: next} = values
		level.show(values.level ?? "not_monitored", say)
		write(state, values.state ? texts.or(`condition.${values.state}`, values.state) : "")
		const {show} = numbers
		show("voltage", format.value(values.voltage, 1, "V"))
		show("current", format.value(values.current, 1, "A", true))
		show("charge", format.value(values.state_of_charge, 0, "%"))
		const ends = number ? say("battery", {number}) : ""
		const never = values.state !== "discharge" && say("only_in_discharge")
		const {remaining_time_low: low, remaining_time_high: high} = values
		const known = typeof remaining === "number"
		const between = known && typeof low === "number" && say("range", {low: clock(low), high: clock(high)})
		const estimated = known && values.remaining_time_estimated && say("estimated")
		const notes = [between, estimated, ends].filter(Boolean).join(" · ")
		show("remaining", clock(remaining), known ? notes : never)
		show("temperature", format.temperature(values.mean_temperature))
		/** @type {[string, unknown, string][]} */
		const slow = [
			["ambient", values.ambient, format.temperature(values.ambient)],
			["health", values.health, format.value(values.health, 0, "%")],
			["capacity", values.capacity, format.value(values.capacity, 1, "Ah")],
			["weakest", values.weakest_battery, String(values.weakest_battery)],
			["next_test", next, format.moment(seconds(next))],
		]
		const shown = slow.filter(([, value]) => value !== null && value !== undefined)
		write(facts, shown.map(([key, , text]) => `${say(key)} ${text}`).join(" · "))
	}

	const alarms = (/** @type {BankString} */ {alarms, values}) => {
		shownLevel = values.level
		const items = urgentFirst(alarms).slice(0, alone ? Infinity : 1)
		const left = alarms.length - items.length
		const shown = items.map((alarm) => alarmItem(alarm, card))
		put(
			list,
			items.length ? shown : shownLevel === "ok" && well(say("all_well")),
			left && el("li.small.faint", say("more", {count: left})),
		)
		aside.toggleAttribute("data-any", alarms.length > 0)
		write(count, alarms.length ? say("count_alarms", {count: alarms.length}) : "")
		acknowledge.hidden = !device_id || alarms.every((alarm) => alarm.acknowledged_by)
	}

	return {element, line: showLine, update}
}
