import {drawing} from "./chart.js"
import {el, put, set, dispatch, write} from "./dom.js"
import {alarmItem, badge, figures} from "./parts.js"
import {above, valueText} from "./quantities.js"
import {ALL, concerns, urgentFirst} from "./state.js"
import {outlook, trendChart} from "./trend.js"

const BLINK = /blink|identify/ // the key of the button that does it
const TEST = /test/
const HISTORIES = ["voltage", "deviation", "resistance", "resistance_ratio", "temperature", "risk"]

/** The dialogue of one battery: its values, history and actions. @param {Card} card */
export function batteryDialog(card) {
	let id = "" // of the string
	let index = -1
	let turn = 0
	let testing = false
	/** @type {BatteryDetail | undefined} */
	let detail
	let numbers = figures([], String)
	let level = badge()
	const notice = el("p.notice", {hidden: true})
	const alarms = el("ul.items")
	const trend = el("div")
	const facts = el("div.small.faint")
	const links = el("div.actions")
	const actions = el("div.actions")
	const status = el("p.small", {role: "status"})
	const element = el("dialog", {onclose: () => closed()})
	element.onclick = (event) => event.target === element && element.close()

	const stringOf = () => /** @type {BankString} */ (card.state.strings.get(id))

	/** @param {BankString} string @param {number} chosen */
	const open = (string, chosen) => {
		;[id, index, detail, testing] = [string.id, chosen, undefined, false]
		build()
		update(stringOf(), ALL)
		if (!element.open) element.showModal()
		element.scrollTop = 0
		load()
	}

	const closed = () => {
		turn++
		index = -1
		put(element)
	}

	/** @param {BankString} string @param {Moved} moved */
	const update = (string, moved) => {
		if (index < 0 || string.id !== id) return
		if (!string.batteries[index]) return element.close()
		if (moved.all) {
			notice.hidden = card.notice.hidden
			write(notice, card.notice.dataset.text ?? "")
		}
		if (moved.all || moved.cells.has(index)) values(string)
		if (moved.alarms) alarm(string)
		if (testing && !string.cells.testing[index]) load() // there is a new test to show
		testing = string.cells.testing[index]
	}

	const build = () => {
		const {say} = card
		const {name, batteries, measures} = stringOf()
		const {resistance, temperature} = measures
		numbers = figures(["voltage", "deviation", resistance && "resistance", temperature && "temperature"], say)
		level = badge()
		for (const part of [trend, facts, links, status]) put(part)
		const title = say("battery", {number: batteries[index].number})
		const close = el("button.bare", {"aria-label": say("close"), onclick: () => element.close()}, "✕")
		const inside = [notice, numbers.element, actions, status, alarms, trend, facts, links]
		set(element, {"aria-label": `${title}, ${name}`})
		const header = el("header", el("h2", title, el("div.small.faint", name)), level.element, close)
		put(element, header, el("div.inside", inside))
	}

	const values = (/** @type {BankString} */ string) => {
		const {say, format} = card
		const {cells} = string
		const offline = cells.contact[index] !== "answering"
		level.element.hidden = offline
		level.show(cells.level[index] ?? "ok", say)
		const [ratio, rise] = [cells.ratio[index], cells.rise[index]]
		const against = ratio === null ? say("no_baseline") : say("why_ratio", {value: format.percent(ratio)})
		const {show} = numbers
		const note = offline ? say("why_no_answer") : cells.testing[index] && say("testing")
		show("voltage", valueText("alarm", string, index, format), note)
		show("deviation", valueText("deviation", string, index, format))
		show("resistance", format.value(cells.resistance[index], 2, "mΩ"), against)
		const warmer = above(string) && rise !== null && `${format.rise(rise)} · ${say("rise")}`
		show("temperature", format.temperature(cells.temperature[index]), warmer)
	}

	const alarm = (/** @type {BankString} */ string) => {
		const {number, device_id} = string.batteries[index]
		const own = urgentFirst(string.alarms.filter((one) => concerns(one, number)))
		const items = own.map((one) => alarmItem(one, card, false))
		put(alarms, items)
		const entities = Object.entries(detail?.entities ?? {})
		const button = (/** @type {RegExp} */ key) =>
			entities.find(([name, id]) => id.startsWith("button.") && key.test(name))?.[1]
		const [blink, test] = [button(BLINK), string.measures.resistance && (!detail || button(TEST))]
		const device = device_id && {device_id: [device_id]}
		const unseen = own.some((one) => !one.acknowledged_by)
		/** @type {(name: string, action: string, data: unknown) => Part} */
		const offer = (name, action, data) => {
			const onclick = async () => write(status, await card.act(action, data))
			return data ? el(name === "acknowledge" ? "button.main" : "button", {onclick}, card.say(name)) : ""
		}
		put(
			actions,
			offer("acknowledge", "battery_bank.acknowledge_alarms", unseen && device),
			offer("test", "battery_bank.start_resistance_test", test && device),
			offer("blink", "button.press", blink && {entity_id: blink}),
		)
	}

	const load = async () => {
		const mine = ++turn
		const battery = stringOf()?.batteries[index]
		if (!battery) return
		try {
			const answer = await card.ask("battery", {string: id, battery: battery.id})
			if (mine === turn && stringOf()) show(stringOf(), (detail = answer))
		} catch (error) {
			if (mine === turn) write(status, card.failure(error))
		}
	}

	/** @param {BankString} string @param {BatteryDetail} detail */
	const show = (string, detail) => {
		const {say, texts, format} = card
		const {serial, baseline, tests, replacements, entities} = detail
		alarm(string)
		if (string.measures.resistance) {
			const chart = drawing((width) =>
				put(chart.element, tests.length && trendChart(detail, width, format, texts, Date.now() / 1000)),
			)
			const outlooks = outlook(detail, format, texts).join(" · ")
			put(trend, el("h3", say("trend")), chart.element, el("p.small", outlooks))
		}
		const known = []
		if (serial) known.push(`${say("serial")} ${serial}`)
		if (baseline) {
			const kind = texts.or(`baseline_kind.${baseline.kind}`, baseline.kind)
			known.push(`${say("baseline")} ${format.value(baseline.value_mohm, 2, "mΩ")} (${kind})`)
		}
		const last = tests.at(-1)
		if (last) known.push(say("tested", {time: format.moment(last[0])}))
		for (const {at, serial, note} of replacements) {
			known.push([say("replaced", {time: format.date(at)}), serial, note].filter(Boolean).join(", "))
		}
		const parts = known.map((fact) => el("p", fact))
		put(facts, parts)
		const buttons = HISTORIES.filter((key) => entities[key]).map((key) => {
			const name = texts.or(key === "resistance_ratio" ? "ratio" : key, texts.or(`name.${key}`, key))
			const onclick = () => {
				element.close() // it would lie above what Home Assistant opens
				dispatch(card, "hass-more-info", {entityId: entities[key]})
			}
			return el("button", {onclick}, `${say("history")}: ${name}`)
		})
		put(links, buttons)
	}

	return {element, open, update}
}
