import {el, svg} from "./dom.js"

const LEFT = 62 // px of the margins
const RIGHT = 14
const TOP = 12
const BOTTOM = 26

/** @type {Ticks} */
export const ticks = (min, max, count) => {
	const span = max - min
	if (!(span > 0)) return [min]
	const raw = span / Math.max(1, count)
	const power = 10 ** Math.floor(Math.log10(raw))
	const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw * 0.999) ?? raw
	const values = []
	for (let index = Math.ceil(min / step - 1e-9); index * step <= max + step * 1e-9; index++) {
		values.push(Number((index * step).toPrecision(12)))
	}
	return values
}

/** @param {number} max s @param {number} count */
export function timeTicks(max, count) {
	const steps = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400]
	const step = steps.find((one) => one >= max / count) ?? 86400 * Math.ceil(max / count / 86400)
	return Array.from({length: Math.floor(max / step) + 1}, (_, index) => index * step)
}

/** A chart of values over time or over batteries, in the size of its place. @type {MakeChart} */
export const chartOf = (width, height, across, up, label) => {
	const right = Math.max(LEFT + 40, width - RIGHT)
	const bottom = height - BOTTOM
	const viewBox = `0 0 ${width} ${height}`
	const element = svg("svg", {class: "chart", viewBox, height, role: "img", "aria-label": label})
	const x = (/** @type {number} */ value) =>
		LEFT + ((value - across.min) / (across.max - across.min || 1)) * (right - LEFT)
	const y = (/** @type {number} */ value) => TOP + (1 - (value - up.min) / (up.max - up.min || 1)) * (bottom - TOP)
	/** @type {Chart["add"]} */
	const add = (tag, ...parts) => element.appendChild(svg(tag, ...parts))
	/** @param {number} value @param {object} attributes */
	const rule = (value, attributes) => add("line", {x1: LEFT, x2: right, y1: y(value), y2: y(value), ...attributes})
	for (const value of ticks(up.min, up.max, height / 48)) {
		rule(value, {class: "grid"})
		add("text", {x: LEFT - 8, y: y(value) + 4, "text-anchor": "end"}, up.text(value))
	}
	for (const value of across.ticks ?? []) {
		add("text", {x: x(value), y: height - 6, "text-anchor": "middle"}, across.text(value))
	}
	/** @type {Chart["path"]} */
	const path = (points) => {
		const places = points.map(({0: at, 1: value}) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`)
		return places.length ? `M${places.join("L")}` : ""
	}
	/** @type {Chart["limit"]} */
	const limit = (value, level, name, left = false) => {
		rule(value, {class: "limit", "data-level": level})
		const place = left ? {x: LEFT + 4} : {x: right - 4, "text-anchor": "end"}
		add("text", {...place, y: y(value) - 5}, name)
	}
	return {
		element,
		x,
		y,
		add,
		path,
		limit,
		top: TOP,
		height: bottom - TOP,
		step: x(1) - x(0),
		line: (points, name = "line") => add("path", {class: name, d: path(points)}),
		limits(warning, alarm, say, text) {
			limit(warning, "warning", say("limit_warning", {limit: text(warning)}))
			limit(alarm, "alarm", say("limit_alarm", {limit: text(alarm)}))
		},
	}
}

// The chart is made again when its width changes.
export function drawing(/** @type {(width: number) => void} */ make) {
	const element = el("div")
	let width = 0
	const draw = () => {
		if (width) make(width)
	}
	new ResizeObserver(([{contentRect}]) => {
		if (Math.abs(contentRect.width - width) < 1) return
		width = contentRect.width
		draw()
	}).observe(element)
	return {element, draw}
}
