import {Card} from "./card.js"
import {chartOf, drawing} from "./chart.js"
import {el, put, set, write} from "./dom.js"

const SETTLE = 2_000 // ms after a change, until all is asked for again
const STEPS = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10}
/** @type {Record<string, number>} */
const KEYS = {...STEPS, Home: -Infinity, End: Infinity}

/** The internal resistance of all batteries in relation to their baselines, with the limits. */
export class ResistanceCard extends Card {
	/** @type {ReturnType<typeof comparison> | undefined} */
	#shown
	/** @type {Timer} */
	#timer

	build() {
		this.name(this.say("resistance_baseline"), true)
		this.#shown = comparison(this)
		this.#shown.load()
	}

	update(/** @type {Moved} */ moved) {
		const {ratio} = this.string.cells
		const known = this.#shown?.known() ?? []
		const news = (/** @type {number} */ index) =>
			known.length && ratio[index] !== null && Math.abs((known[index]?.ratio ?? 0) - ratio[index]) > 0.001
		if (![...(moved.all ? ratio.keys() : moved.cells)].some(news)) return
		clearTimeout(this.#timer)
		this.#timer = setTimeout(() => this.#shown?.load(), SETTLE)
	}

	disconnectedCallback() {
		super.disconnectedCallback()
		clearTimeout(this.#timer)
	}
}

function comparison(/** @type {Card} */ card) {
	const {say, format, string} = card
	/** @type {Resistances | undefined} */
	let data
	/** @type {Chart | undefined} */
	let chart
	let picked = -1
	let turn = 0

	const summary = el("p", {style: "flex: 1"})
	const details = el("button", {onclick: () => open()}, say("details"))
	const paper = drawing((width) => draw(width))
	const place = paper.element
	set(place, {role: "slider", tabindex: 0, "aria-orientation": "horizontal", "aria-valuemin": 1})
	set(place, {"aria-label": say("resistance_baseline"), "aria-valuemax": string.batteries.length})
	place.onclick = ({offsetX}) => chart && pick(Math.round((offsetX - chart.x(0)) / chart.step))
	place.onkeydown = (event) => {
		if (event.key === "Enter") open()
		else if (event.key in KEYS) pick(picked + KEYS[event.key])
		else return
		event.preventDefault()
	}
	put(card.body, place, el("header", {style: "margin: 8px 0 0"}, summary, details))

	const open = () => {
		if (picked >= 0) card.dialog.open(string, picked)
	}

	const load = async () => {
		const mine = ++turn
		if (!string.measures.resistance) return nothing(say("no_test"))
		try {
			const answer = await card.ask("resistances", {string: string.id})
			if (mine !== turn) return
			data = answer
			paper.draw()
		} catch (error) {
			if (mine === turn) nothing(card.failure(error))
		}
	}

	const nothing = (/** @type {string} */ text) => {
		put(place, el("p.empty", text))
		details.hidden = true
		write(summary, "")
	}

	const draw = (/** @type {number} */ width) => {
		if (!data) return
		const {batteries, limits} = data
		const ratios = batteries.map(({ratio}) => ratio).filter((ratio) => ratio !== null)
		if (!ratios.length) {
			return nothing(batteries.some((one) => one.value_mohm !== null) ? say("no_baseline") : say("no_test"))
		}
		ratios.sort((one, other) => one - other)
		const [lowest, highest] = [ratios[0], ratios[ratios.length - 1]]
		const top = batteries.findIndex(({ratio}) => ratio === highest)
		const count = batteries.length
		const round = [1, 2, 5, 10, 20, 50].find((one) => one >= (34 * count) / width) ?? 100
		const percent = (/** @type {number} */ ratio) => format.percent(ratio)
		const ticks = [...batteries.keys()].filter((index) => !index || (index + 1) % round === 0)
		const max = Math.max(limits.alarm * 1.06, highest * 1.08 - 0.05)
		const label = say("highest", {number: batteries[top].number, value: percent(highest)})
		const median = say("median", {value: percent(ratios[Math.floor(ratios.length / 2)])})
		chart = chartOf(
			width,
			260,
			{min: -0.6, max: count - 0.4, ticks, text: (index) => String(batteries[index].number)},
			{min: Math.min(0.8, lowest * 0.97), max, text: percent},
			`${label}, ${median}`,
		)
		const wide = chart.step * (count > 60 ? 0.86 : 0.7)
		const normal = chart.y(1)
		for (const [index, {ratio, number}] of batteries.entries()) {
			if (ratio === null) continue
			const mark = ratio >= limits.alarm ? 3 : ratio >= limits.warning ? 2 : 0
			const [x, end] = [chart.x(index), chart.y(ratio)]
			const y = Math.min(end, normal)
			const bar = {x: x - wide / 2, y, width: wide, height: Math.max(1.5, Math.abs(end - normal))}
			chart.add("rect", {class: "bar", "data-mark": mark, ...bar, rx: Math.min(3, wide / 4)})
			if (mark) chart.add("text", {x, y: y - 5, "text-anchor": "middle"}, number)
		}
		chart.limit(1, "ok", "")
		chart.limits(limits.warning, limits.alarm, say, percent)
		put(place, chart.element)
		pick(picked < 0 ? top : picked)
	}

	const pick = (/** @type {number} */ index) => {
		if (!data || !chart) return
		picked = Math.max(0, Math.min(data.batteries.length - 1, index))
		const {number, value_mohm, ratio, baseline_mohm, at} = data.batteries[picked]
		const facts = [
			`${say("battery", {number})}: ${format.value(value_mohm, 2, "mΩ")}`,
			ratio === null ? say("no_baseline") : format.percent(ratio),
			`${say("baseline")} ${format.value(baseline_mohm, 2, "mΩ")}`,
		]
		if (at !== null) facts.push(say("tested", {time: format.moment(at)}))
		const text = facts.join(" · ")
		write(summary, text)
		details.hidden = false
		set(place, {"aria-valuenow": picked + 1, "aria-valuetext": text})
		chart.element.querySelector(".picked")?.remove()
		const half = Math.max(chart.step / 2, 4)
		const frame = {x: chart.x(picked) - half, y: chart.top, width: 2 * half, height: chart.height}
		chart.add("rect", {class: "picked", ...frame, rx: 4})
	}

	return {load, known: () => data?.batteries}
}
