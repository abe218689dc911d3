import {chartOf} from "./chart.js"

const HEIGHT = 240 // px
const DAY = 86400 // s
const SPARE = 0.06 // of the height, above and below

/** @param {BatteryDetail} detail @param {number} now s since 1970 */
export function spans({tests, limits, baseline, trend}, now) {
	const ends = [trend?.forecast?.warning?.[1], trend?.forecast?.alarm?.[1]].filter((at) => at !== undefined)
	const times = [...tests.map(([at]) => at), ...ends, now]
	const values = tests.map(([, value]) => value)
	if (limits) values.push(limits.alarm_mohm, limits.warning_mohm)
	if (baseline) values.push(baseline.value_mohm)
	const [low, high] = [Math.min(...values), Math.max(...values)]
	const spare = SPARE * (high - low || high || 1)
	return {
		x: {min: Math.min(...times, now - 30 * DAY), max: Math.max(...times)},
		y: {min: Math.max(0, low - spare), max: high + 2 * spare},
	}
}

/** @param {BatteryDetail} detail @param {Format} format @param {Texts} texts */
export function outlook({tests, trend}, format, {say}) {
	if (!tests.length) return [say("no_test")]
	if (!trend || trend.slope === null) return [say("trend_none")]
	const said = [say("trend_slope", {slope: format.percent(trend.slope, 1, true)})]
	for (const level of /** @type {const} */ (["warning", "alarm"])) {
		const [early, late] = trend.forecast?.[level]?.map(format.month) ?? []
		if (early && late) said.push(say(`forecast_${level}`, {early, late}))
	}
	if (said.length === 1 && trend.slope <= 0) said.push(say("trend_flat"))
	return said
}

/** @type {TrendChart} */
export const trendChart = (detail, width, format, texts, now) => {
	const {say} = texts
	const {limits, baseline, trend} = detail
	const {x, y} = spans(detail, now)
	const digits = y.max - y.min < 0.5 ? 2 : 1
	const chart = chartOf(
		width,
		HEIGHT,
		{...x, text: format.month, ticks: months(x.min, x.max, width / 120)},
		{...y, text: (value) => format.value(value, digits, "mΩ")},
		[say("trend"), ...outlook(detail, format, texts)].join(". "),
	)
	const tests = [...detail.tests].sort((one, other) => one[0] - other[0])
	const usable = tests.filter(([, , good]) => good)
	const last = usable.at(-1)
	const milliohms = (/** @type {number} */ value) => format.value(value, 2, "mΩ")
	if (limits && last) {
		for (const level of /** @type {const} */ (["warning", "alarm"])) {
			const limit = limits[`${level}_mohm`]
			const [early, late] = trend?.forecast?.[level] ?? []
			if (!early || !late || last[1] >= limit) continue
			const corners = chart.path([last, [early, limit], [Math.max(late, early + DAY), limit]])
			chart.add("path", {class: "band", d: `${corners}Z`})
		}
	}
	if (baseline) chart.limit(baseline.value_mohm, "ok", `${say("baseline")} ${milliohms(baseline.value_mohm)}`)
	if (limits) chart.limits(limits.warning_mohm, limits.alarm_mohm, say, milliohms)
	chart.line(usable)
	for (const [at, value, good] of tests) {
		const place = {cx: chart.x(at), cy: chart.y(value), r: good ? 3.5 : 3}
		chart.add("circle", {class: "dot", ...place, "data-unusable": !good})
	}
	return chart.element
}

/** @type {Ticks} */
export const months = (from, to, count) => {
	const wanted = (to - from) / (30.4 * DAY) / Math.max(1, count)
	const step = [1, 2, 3, 6, 12, 24, 60].find((one) => one >= wanted) ?? 120
	const day = new Date(from * 1000)
	let month = Math.ceil((day.getFullYear() * 12 + day.getMonth() + 1) / step) * step
	const starts = []
	for (;;) {
		const at = new Date(Math.floor(month / 12), month % 12, 1).getTime() / 1000
		if (at > to || starts.length > 40) return starts
		starts.push(at)
		month += step
	}
}
