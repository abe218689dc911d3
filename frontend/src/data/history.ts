/** What the recorder of Home Assistant has of entities: statistics, and the states of an operating state. */
import type { Context } from "./context.ts";

export type Period = "5minute" | "hour" | "day" | "week" | "month";

/** s since 1970, and the mean from then on. */
export type Mean = readonly [number, number];

/** A time during which a state lasted, in s since 1970. */
export interface Span {
	readonly from: number;
	readonly to: number;
	readonly state: string;
}

interface Row {
	start: number; // ms
	mean?: number | null;
}

interface State {
	s: string;
	lu: number; // s
}

const HOUR = 3600; // s
const DAY = 24 * HOUR;

/** The ranges that can be chosen, in s, with the statistics that are fine enough for a chart and no finer. */
export const RANGES = [
	{ key: "hour", seconds: HOUR, period: "5minute" },
	{ key: "day", seconds: DAY, period: "5minute" },
	{ key: "week", seconds: 7 * DAY, period: "hour" },
	{ key: "month", seconds: 30 * DAY, period: "hour" },
	{ key: "year", seconds: 365 * DAY, period: "day" },
] as const satisfies { key: string; seconds: number; period: Period }[];

export type Range = (typeof RANGES)[number];

/** Return the means of entities from `from` until now, by their ids. */
export async function meansOf(
	context: Context,
	ids: readonly string[],
	from: number,
	period: Period,
): Promise<Map<string, Mean[]>> {
	const answer = await context.request<Record<string, Row[]>>({
		type: "recorder/statistics_during_period",
		start_time: new Date(from * 1000).toISOString(),
		statistic_ids: ids,
		period,
		types: ["mean"],
		// The units of the feed, whatever units the user has chosen for an entity.
		units: { voltage: "V", temperature: "°C", electric_current: "A" },
	});
	return new Map(
		Object.entries(answer).map(([id, rows]) => [
			id,
			rows.flatMap(({ start, mean }): Mean[] => (mean === null || mean === undefined ? [] : [[start / 1000, mean]])),
		]),
	);
}

/** Return the states of an entity from `from` until `to`. The recorder keeps them for ten days, unless set otherwise. */
export async function spansOf(context: Context, id: string, from: number, to: number): Promise<Span[]> {
	const answer = await context.request<Record<string, State[]>>({
		type: "history/history_during_period",
		start_time: new Date(from * 1000).toISOString(),
		end_time: new Date(to * 1000).toISOString(),
		entity_ids: [id],
		minimal_response: true,
		no_attributes: true,
	});
	const states = answer[id] ?? [];
	return states.map(({ s: state, lu }, index) => {
		return { from: Math.max(from, lu), to: states[index + 1]?.lu ?? to, state };
	});
}

/** Return the times of several series in ascending order, with one between two that are further apart than `longest` s. */
export function timesOf(series: Iterable<readonly Mean[]>, longest: number): number[] {
	const all = new Set<number>();
	for (const means of series) for (const [at] of means) all.add(at);
	const times = [...all].sort((one, other) => one - other);
	// A gap is a gap, and no line across.
	return times.flatMap((at, index) => {
		const next = times[index + 1];
		return next !== undefined && next - at > longest ? [at, at + longest] : [at];
	});
}

/** Return the values at times; null where there is none. */
export function alignedTo(times: readonly number[], means: readonly Mean[]): (number | null)[] {
	const known = new Map(means);
	return times.map((at) => known.get(at) ?? null);
}
