import {chartOf, timeTicks} from "./chart.js"
import {el, set, svg} from "./dom.js"
import {clock} from "./format.js"

const NEAR = 0.03 // of the end voltage, within which a battery is close to its end

// A point is recorded when a voltage has changed, and after this time at the latest.
const PAUSE = 600 // s
const ROUND = 60 // s in which a module has said its first

/** @type {VoltageAt} */
export const voltageAt = (points, at) => {
	const [first, last] = [points[0], points[points.length - 1]]
	if (!first || at < first[0] - ROUND || at > last[0] + PAUSE) return null
	if (at <= first[0] || at >= last[0]) return at <= first[0] ? first[1] : last[1]
	let [low, high] = [0, points.length - 1]
	while (high - low > 1) {
		const middle = (low + high) >> 1
		if (points[middle][0] <= at) low = middle
		else high = middle
	}
	const [[from, before], [to, after]] = [points[low], points[high]]
	if (to - from > PAUSE + ROUND) return at - from <= PAUSE ? before : null
	return to === from ? after : before + ((after - before) * (at - from)) / (to - from)
}

/** In s. @param {Curve} curve */
export function lengthOf(curve) {
	return Math.max(0, ...curve.curves.map(({points}) => points.at(-1)?.[0] ?? 0))
}

// The curve of the average battery: of the whole string, or without that, of the batteries with a curve.
/** @param {Curve} curve @param {number} count of batteries @returns {Point[]} */
export function average(curve, count) {
	const whole = curve.curves.find(({battery}) => battery === null)?.points
	if (whole?.length) return whole.map(([at, voltage, drawn]) => [at, voltage / count, drawn])
	const each = curve.curves.filter(({battery}) => battery !== null)
	/** @type {Point[]} */
	const mean = []
	for (const [at, , drawn] of each[0]?.points ?? []) {
		const known = each.map(({points}) => voltageAt(points, at)).filter((one) => one !== null)
		if (known.length) mean.push([at, known.reduce((sum, one) => sum + one, 0) / known.length, drawn])
	}
	return mean
}

export function violators(/** @type {Curve} */ {curves, limits}) {
	const end = limits.end_voltage
	const found = []
	for (const {battery, points} of curves) {
		const first = points.findIndex(([, voltage]) => voltage < end)
		if (battery === null || first < 0) continue
		const lowest = points.reduce((least, [, voltage]) => Math.min(least, voltage), Infinity)
		const [to, after, drawn] = points[first]
		const [from, before] = points[first - 1] ?? [to, end]
		const at = from + ((to - from) * (before - end)) / (before - after || 1)
		found.push({battery, at, drawn, lowest})
	}
	return found.sort((one, other) => one.at - other.at)
}

/** @type {MarkAt} */
export const markAt = (voltage, mean, end, apart) => {
	if (voltage === null) return "offline"
	if (voltage < end) return -3
	if (voltage < end * (1 + NEAR)) return -2
	return mean !== null && mean - voltage > apart ? -1 : 0
}

/** @type {ReplayChart} */
export const replayChart = ({string, curve, other, picked}, width, format, {say}) => {
	const count = string.batteries.length
	const end = curve.limits.end_voltage
	const numbers = new Map(string.batteries.map(({id, number}) => [id, number]))
	const name = (/** @type {string} */ battery) => say("battery", {number: numbers.get(battery) ?? "?"})
	const pointsOf = (/** @type {Curve} */ {curves}) => curves.find(({battery}) => picked && battery === picked)?.points
	const same = other && pointsOf(other)
	const beside = same ?? (other ? average(other, count) : [])
	const each = curve.curves.filter(({battery}) => battery !== null)
	const failed = violators(curve).map(({battery}) => battery)
	const length = Math.max(lengthOf(curve), other ? lengthOf(other) : 0)
	const voltages = [...each.flatMap(({points}) => points), ...beside].map(([, voltage]) => voltage)
	const low = voltages.reduce((one, other) => Math.min(one, other), end)
	const high = voltages.reduce((one, other) => Math.max(one, other), end)
	const spare = 0.05 * (high - low || 1)
	const chart = chartOf(
		width,
		260,
		{min: 0, max: length, ticks: timeTicks(length, width / 110), text: clock},
		{min: low - spare, max: high + spare, text: (value) => format.value(value, 1, "V")},
		failed.length ? `${say("below_end")}: ${failed.map(name).join(", ")}` : say("below_none"),
	)
	for (const bad of [false, true]) {
		for (const {battery, points} of each) {
			if (battery === null || failed.includes(battery) !== bad) continue
			chart.line(points, bad ? "line bad" : "line").append(svg("title", name(battery)))
		}
	}
	/** @type {Element[]} */
	const keys = []
	/** @param {string} line @param {string} text */
	const key = (line, text) => {
		const attributes = {class: "chart", style: "width: 28px", width: 28, height: 10, "aria-hidden": "true"}
		keys.push(el("li", svg("svg", attributes, svg("path", {class: line, d: "M0,5L28,5"})), text))
	}
	chart.line(average(curve, count), "line bold")
	key("line bold", say("average"))
	if (failed.length) key("line bad", say("below_end"))
	const own = pointsOf(curve)
	if (own && picked) {
		chart.line(own, "line cursor")
		key("line cursor", name(picked))
	}
	if (other) {
		chart.line(beside, "line other")
		const what = same && picked ? name(picked) : say("average")
		key("line other", `${say("compared", {time: format.moment(other.start)})}: ${what}`)
	}
	chart.limit(end, "alarm", say("end_voltage", {limit: format.volts(end, string)}), true)
	const cursor = chart.add("line", {class: "cursor", y1: chart.top, y2: chart.top + chart.height})
	const move = (/** @type {number} */ at) => set(cursor, {x1: chart.x(at), x2: chart.x(at)})
	return {element: chart.element, keys, length, move}
}
