/** The resistance tests of a battery over time, with its limits and when it reaches them. */
import type { Format } from "../data/format.ts";
import type { BankString, BatteryDetail } from "../data/payload.ts";
import type { Say } from "../data/texts.ts";
import { type Area, type Chart, digitsOf, type LimitLine } from "./chart.ts";
import { dateTicks } from "./ticks.ts";

const HEIGHT = 240; // px
const DAY = 86400; // s
const SPARE = 0.06; // of the height, above and below
const TICK = 120; // px from one to the next

interface Span {
	min: number;
	max: number;
}

/** Return from where to where the chart reaches: s since 1970, and mΩ. `now` is in s since 1970. */
export function spans({ tests, limits, baseline, trend }: BatteryDetail, now: number): { x: Span; y: Span } {
	const ends = [trend?.forecast.warning?.[1], trend?.forecast.alarm?.[1]].filter((at) => at !== undefined);
	const times = [...tests.map(([at]) => at), ...ends, now];
	const values = tests.map(([, value]) => value);
	if (limits) values.push(limits.alarm_mohm, limits.warning_mohm);
	if (baseline) values.push(baseline.value_mohm);
	const [low, high] = [Math.min(...values), Math.max(...values)];
	const spare = SPARE * (high - low || high || 1);
	return {
		x: { min: Math.min(...times, now - 30 * DAY), max: Math.max(...times) },
		y: { min: Math.max(0, low - spare), max: high + 2 * spare },
	};
}

/** Say where the resistance goes. */
export function outlook({ tests, trend }: BatteryDetail, format: Format, say: Say): string[] {
	if (!tests.length) return [say("no_test")];
	if (typeof trend?.slope !== "number") return [say("trend_none")];
	const said = [say("trend_slope", { slope: format.percent(trend.slope, 1, true) })];
	for (const level of ["warning", "alarm"] as const) {
		const between = trend.forecast[level];
		if (!between) continue;
		const [early, late] = [format.month(between[0]), format.month(between[1])];
		said.push(say(`forecast_${level}`, { early, late }));
	}
	if (said.length === 1 && trend.slope <= 0) said.push(say("trend_flat"));
	return said;
}

export function trendChart(
	detail: BatteryDetail,
	string: Pick<BankString, "milliohm_decimals">,
	format: Format,
	say: Say,
	now: number,
): Chart {
	const { limits, baseline, trend } = detail;
	const { x, y } = spans(detail, now);
	const milliohms = (value: number) => format.milliohms(value, string);
	const tests = [...detail.tests].sort((one, other) => one[0] - other[0]);
	const last = tests.findLast(([, , usable]) => usable);
	const lines: LimitLine[] = [];
	if (baseline) {
		const text = `${say("baseline")} ${milliohms(baseline.value_mohm)}`;
		lines.push({ value: baseline.value_mohm, level: "ok", text });
	}
	const areas: Area[] = [];
	for (const level of ["warning", "alarm"] as const) {
		const limit = limits?.[`${level}_mohm`];
		if (limit === undefined) continue;
		// At the left, far from tests that come near to it.
		lines.push({ value: limit, level, text: say(`limit_${level}`, { limit: milliohms(limit) }), left: true });
		const between = trend?.forecast[level];
		if (!between || !last || last[1] >= limit) continue;
		const [early, late] = between;
		areas.push({
			look: "forecast",
			corners: [
				[last[0], last[1]],
				[early, limit],
				[Math.max(late, early + DAY), limit],
			],
		});
	}
	return {
		label: [say("trend"), ...outlook(detail, format, say)].join(". "),
		height: HEIGHT,
		across: {
			...x,
			ticks: (min, max, width) => dateTicks(min, max, width / TICK, format.zone),
			text: (at, step) => (step < 27 * DAY ? format.day(at) : format.month(at)),
		},
		up: { ...y, text: (value, step) => format.value(value, Math.max(1, digitsOf(step, 3)), "mΩ") },
		at: tests.map(([at]) => at),
		rows: (at) => new Date(at * 1000).toISOString(),
		unit: "mΩ",
		series: [
			{ look: "dots", values: tests.map(([, value, usable]) => (usable ? value : null)) },
			{ look: "rings", values: tests.map(([, value, usable]) => (usable ? null : value)) },
		],
		limits: lines,
		areas,
		readout: (index) => {
			const test = tests[index];
			return test ? [format.date(test[0]), milliohms(test[1])] : [];
		},
	};
}
