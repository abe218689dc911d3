import {Card} from "./card.js"
import {drawing} from "./chart.js"
import {el, put, set} from "./dom.js"
import {clock} from "./format.js"
import {figures, sign, well} from "./parts.js"
import {average, lengthOf, markAt, replayChart, violators, voltageAt} from "./replay.js"
import {REPLAY} from "./style.js"
import {Wall} from "./wall.js"

const PAGE = 20 // discharges at a time
const APART = 0.03 // of the end voltage, where no limit for deviations says otherwise
const MOST = 8 // that are named one by one
const STEPS = 1000 // of the slider

export class ReplayCard extends Card {
	static css = REPLAY
	static rows = 12
	/** @type {ReturnType<typeof player> | undefined} */
	#player
	#state = ""

	build() {
		this.name(this.say("replay"))
		this.#player = player(this)
		this.#state = this.string.values.state ?? ""
		this.#player.load()
	}

	update(/** @type {Moved} */ moved) {
		const before = this.#state
		this.#state = this.string.values.state ?? ""
		if (!moved.values || before === this.#state) return
		if ([before, this.#state].includes("discharge")) this.#player?.load() // there is one more
	}
}

function player(/** @type {Card} */ card) {
	const {say, format, texts, string} = card
	/** @type {Discharge[]} */
	let discharges = []
	let more = false
	/** @type {number | undefined} */
	let start
	/** @type {number | undefined} */
	let against
	/** @type {Map<number | undefined, Curve>} */
	const known = new Map()
	let picked = ""
	let turn = 0
	let length = 0 // s, of the longer one
	let move = (/** @type {number} */ _at) => {}

	const list = el("div.list", {role: "group", "aria-label": say("discharges")})
	const compare = el("select", {hidden: true, "aria-label": say("compare"), onchange: () => beside()})
	const paper = drawing((width) => draw(width))
	const range = {type: "range", min: 0, max: STEPS, "aria-label": say("time_into")}
	const slider = el("input", range, {oninput: () => show()})
	const keys = el("ul.keys")
	const curves = el("div", paper.element, slider, keys)
	const {element, show: showFigure} = figures(["time_into", "average", "drawn", "lowest"], say)
	const wall = new Wall(say("batteries"), string, (index) => pick(string.batteries[index].id))
	const failed = el("ul.items")
	const main = el("div.main", curves, element, wall.element, failed)
	put(card.tools, compare)
	put(card.body, el("div.replay", list, main))

	const load = async (offset = 0) => {
		const mine = ++turn
		try {
			const answer = await card.ask("discharges", {string: string.id, limit: PAGE, offset})
			if (mine !== turn) return
			if (!offset) known.clear() // one may still grow
			discharges = [...discharges.slice(0, offset), ...answer.discharges]
			more = answer.more
			start ??= (discharges.find((one) => one.has_curve) ?? discharges[0])?.start
			offer()
			if (!offset && start !== undefined) choose(start)
		} catch (error) {
			if (mine === turn) nothing(card.failure(error))
		}
	}

	const nothing = (/** @type {string} */ text) => {
		put(list, el("p.empty", text))
		main.hidden = true
	}

	const offer = () => {
		if (!discharges.length) return nothing(say("replay_none"))
		const rows = discharges.map((one) => {
			const {drawn, lowest_battery: number} = one
			const facts = [one.end === null ? say("running") : format.duration(one.end - one.start)]
			if (drawn !== null) facts.push(format.value(drawn, 1, "Ah"))
			const lines = [facts.join(" · ")]
			const voltage = format.volts(one.lowest_voltage, string)
			if (number !== null) lines.push(`${say("lowest")}: ${say("battery", {number})}, ${voltage}`)
			if (one.interrupted) lines.push(say("interrupted"))
			return el(
				"button",
				{"aria-pressed": String(one.start === start), onclick: () => choose(one.start)},
				el("strong", format.moment(one.start)),
				lines.map((line) => el("span.small.faint", line)),
			)
		})
		put(list, rows, more && el("button", {onclick: () => load(discharges.length)}, say("earlier")))
		const others = discharges.filter((one) => one.has_curve && one.start !== start)
		const options = others.map((one) => el("option", {value: one.start}, format.moment(one.start)))
		put(compare, el("option", {value: ""}, say("compare")), options)
		compare.hidden = !others.length
		compare.value = String(against ?? "")
	}

	const choose = async (/** @type {number} */ chosen) => {
		start = chosen
		if (against === start) against = undefined
		offer()
		await learn(chosen)
		if (start !== chosen) return
		const curve = known.get(start)
		main.hidden = false
		for (const part of [...main.children, slider, keys]) part.toggleAttribute("hidden", !curve)
		curves.hidden = false
		if (!curve) return put(paper.element, el("p.empty", say("no_curve")))
		slider.value = String(STEPS)
		blame(curve)
		paper.draw()
	}

	const beside = async () => {
		const chosen = compare.value ? Number(compare.value) : undefined
		against = chosen
		await learn(chosen)
		if (against === chosen) paper.draw()
	}

	const learn = async (/** @type {number | undefined} */ chosen) => {
		const has = discharges.some((one) => one.start === chosen && one.has_curve)
		if (!has || known.has(chosen)) return
		try {
			known.set(chosen, await card.ask("curve", {string: string.id, start: chosen}))
		} catch (error) {
			card.toast(card.failure(error))
		}
	}

	const blame = (/** @type {Curve} */ curve) => {
		const found = violators(curve)
		const items = found.slice(0, MOST).map(({battery, at, drawn, lowest}) => {
			const number = string.batteries.find((one) => one.id === battery)?.number ?? "?"
			const low = `${say("lowest")} ${format.volts(lowest, string)}`
			const parts = [
				sign("alarm", say("below_end")),
				el("strong", say("below_after", {number, time: format.duration(at)})),
				el("span.much", drawn === null ? low : `${format.value(drawn, 1, "Ah")} · ${low}`),
			]
			return el("li", el("button.item", {"data-level": "alarm", onclick: () => pick(battery)}, parts))
		})
		const count = found.length - items.length
		const rest = count > 0 && el("li.faint", say("more", {count}))
		put(failed, items.length ? items : well(say("below_none")), rest)
	}

	const draw = (/** @type {number} */ width) => {
		const curve = known.get(start)
		if (!curve) return
		const played = {string, curve, other: known.get(against), picked}
		const drawn = replayChart(played, width, format, texts)
		;({length, move} = drawn)
		put(paper.element, drawn.element)
		put(keys, drawn.keys)
		show()
	}

	const show = () => {
		const curve = known.get(start)
		if (!curve) return
		const now = Math.min((Number(slider.value) / STEPS) * length, lengthOf(curve))
		move(now)
		const mean = average(curve, string.batteries.length)
		const middle = voltageAt(mean, now)
		const {end_voltage: end} = curve.limits
		const apart = string.limits.deviation_discharge?.warning ?? APART * end
		const points = new Map(curve.curves.map((one) => [one.battery, one.points]))
		/** @type {{name: string, voltage: number} | undefined} */
		let lowest
		for (const [index, {id, number}] of string.batteries.entries()) {
			const voltage = voltageAt(points.get(id) ?? [], now)
			const name = say("battery", {number})
			if (voltage !== null && (!lowest || voltage < lowest.voltage)) lowest = {name, voltage}
			const value = format.volts(voltage, string)
			wall.paint(index, markAt(voltage, middle, end, apart), value, `${name}: ${value}`)
		}
		showFigure("time_into", clock(now))
		showFigure("average", format.volts(middle, string))
		showFigure("drawn", format.value(mean.findLast(([at]) => at <= now + 1)?.[2], 1, "Ah"))
		showFigure("lowest", format.volts(lowest?.voltage, string), lowest?.name)
		set(slider, {"aria-valuetext": format.duration(now)})
	}

	const pick = (/** @type {string} */ battery) => {
		picked = picked === battery ? "" : battery
		paper.draw()
	}

	return {load}
}
