/** A quantity over time, above bands of the operating state. */
import type { Context } from "../data/context.ts";
import { alignedTo, type Mean, type Span, timesOf } from "../data/history.ts";
import { beginOf, dayIn, type Zone } from "../data/zone.ts";
import { type Area, type Chart, digitsOf, type LimitLine, type Look } from "./chart.ts";
import { dateTicks } from "./ticks.ts";

const HEIGHT = 260; // px
const TICK = 110; // px from one to the next
const SPARE = 0.08; // of the height, above and below
const DAY = 86400; // s
const HOURS = [1 / 12, 1 / 6, 1 / 4, 1 / 2, 1, 2, 3, 6, 12].map((hours) => hours * 3600);
const NARROW = 1 / 400; // of the width, that a band has at least

export interface Line {
	readonly name: string;
	readonly look: Look;
	readonly means: readonly Mean[];
}

export interface History {
	/** In words, for a screen reader. */
	readonly label: string;
	readonly from: number;
	readonly to: number;
	readonly lines: readonly Line[];
	readonly spans?: readonly Span[];
	/** s between two values; where there is more between them, the line has a gap. */
	readonly step: number;
	/** The unit of the values. */
	readonly unit: string;
	/** A value with its unit; `digits` is how many the scale needs. */
	readonly text: (value: number | null, digits?: number) => string;
	/** The least height of the scale. */
	readonly least: number;
	readonly limits?: readonly LimitLine[];
}

/** Return the chart; null without a value. */
export function historyChart(history: History, { say, format }: Pick<Context, "format" | "say">): Chart | null {
	const { lines, from, to, spans = [], text, least, step, unit } = history;
	const values = lines.flatMap(({ means }) => means.map(([, value]) => value));
	if (!values.length) return null;
	const [low, high] = [Math.min(...values), Math.max(...values)];
	const room = Math.max(high - low, least) * (1 + 2 * SPARE);
	const up = { min: (low + high - room) / 2, max: (low + high + room) / 2 };
	const at = timesOf(
		lines.map(({ means }) => means),
		2.5 * step,
	);
	const series = lines.map(({ look, name, means }) => ({ look, name, values: alignedTo(at, means) }));
	return {
		label: history.label,
		height: HEIGHT,
		key: `${from}`,
		across: {
			min: from,
			max: to,
			ticks: (min, max, width) => ticksOf(min, max, width / TICK, format.zone),
			text: (time, apart) =>
				apart < DAY * 0.9 ? format.hours(time) : apart < 27 * DAY ? format.day(time) : format.month(time),
		},
		up: { ...up, text: (value, apart) => text(value, digitsOf(apart)) },
		at,
		series,
		unit,
		...(lines.length > 1 && { keys: lines.map(({ look, name }) => ({ look, text: name })) }),
		rows: (time) => new Date(time * 1000).toISOString(),
		areas: spans.flatMap((span) => bandOf(span, up, (to - from) * NARROW)),
		limits: (history.limits ?? []).filter(({ value }) => value >= up.min && value <= up.max),
		readout: (index) => [
			format.clock(at[index]),
			...lines.map(({ name }, line) => {
				const value = text(series[line]?.values[index] ?? null);
				return lines.length > 1 ? say("named", { name, value }) : value;
			}),
		],
	};
}

/** The states that have a band, with the texts `condition.…` or `span_…`. */
export const BANDS = ["float", "boost", "discharge", "recharge", "test"] as const;

const isBand = (state: string): state is (typeof BANDS)[number] => (BANDS as readonly string[]).includes(state);

function bandOf({ from, to, state }: Span, { min, max }: { min: number; max: number }, least: number): Area[] {
	if (!isBand(state)) return [];
	const end = Math.max(to, from + least);
	return [
		{
			look: state,
			corners: [
				[from, min],
				[from, max],
				[end, max],
				[end, min],
			],
		},
	];
}

/** Return round times of day, or dates, in about `count` steps. */
export function ticksOf(from: number, to: number, count: number, zone: Zone): number[] {
	const wanted = (to - from) / Math.max(1, count);
	const step = HOURS.find((one) => one >= wanted);
	if (step === undefined) return dateTicks(from, to, count, zone);
	const midnight = beginOf(dayIn(zone, from), zone);
	const ticks: number[] = [];
	for (let time = midnight + Math.ceil((from - midnight) / step) * step; time <= to; time += step) ticks.push(time);
	return ticks;
}
