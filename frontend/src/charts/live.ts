/** The discharge under way as a chart that grows: against the last one, and against what is expected. */
import type { Format } from "../data/format.ts";
import type { BankString, Curve, Point } from "../data/payload.ts";
import type { Say } from "../data/texts.ts";
import { fallingBehind, type UnderWay } from "../data/under-way.ts";
import { type Area, type Chart, type Look, type Note, type Series } from "./chart.ts";
import { average, timesOf, voltagesAt } from "./discharge.ts";
import { frameOf } from "./discharge-frame.ts";

const HEIGHT = 300; // px
const MOST = 800; // places across
const ALL = 60; // batteries, up to which each has a line
const MINUTE = 60; // s
const HOUR = 3600; // s
const SHORTEST = 10 * MINUTE; // s across
const AHEAD = 1.06; // of the expected end, across
const FURTHEST = 4; // × the time since the start, across, while the end is far
const SPARE = 0.08; // of the height, above and below
const EDGE = 24; // points of the edge of what is expected

/** What is known of a discharge under way. */
export interface Live {
	string: BankString;
	now: UnderWay;
	/** s since the start */
	seconds: number;
	/** Up to now. */
	curve: Curve;
	/** The last discharge before; undefined if there is none with a curve. */
	last: Curve | undefined;
}

/** Return the chart. `batteries` has the index of the battery of each of its lines; null for others. */
export function liveChart(live: Live, format: Format, say: Say): { chart: Chart; batteries: (number | null)[] } {
	const { string, now, seconds, curve, last } = live;
	const count = string.batteries.length;
	const end = curve.limits.end_voltage;
	const mean = average(curve, count);
	const behind = fallingBehind(string);
	const first = string.batteries.findIndex(({ number }) => number === now.first);
	const named = behind.length || first < 0 ? behind : [first];
	const points = new Map(curve.curves.map((one) => [one.battery, one.points]));
	const lines: { look: Look; points: readonly Point[]; battery: number | null; name: string }[] = [];
	const add = (look: Look, battery: number) => {
		const { id, number } = string.batteries[battery] ?? { id: "", number: "?" };
		lines.push({ look, points: points.get(id) ?? [], battery, name: say("battery", { number }) });
	};
	// Of a large string only those that are named: so many lines would be one area, and slow.
	if (count <= ALL) for (const index of string.batteries.keys()) if (!named.includes(index)) add("thin", index);
	const before = last && atSameCharge(average(last, count), mean, seconds, now);
	const limit = before?.at(-1)?.[0] ?? 0;
	const ends = Math.max(now.high ?? now.remaining ?? 0, 0);
	const far = Math.max(SHORTEST, FURTHEST * seconds);
	const compared = ends ? Math.min(limit, seconds + 2 * ends) : limit;
	const length = Math.max(SHORTEST, Math.min(far, Math.max(seconds + ends, compared)) * AHEAD, seconds * AHEAD);
	if (before) {
		const name = say("same_charge", { time: format.day(last.start) });
		lines.push({ look: "other", points: before.filter(([at]) => at <= length), battery: null, name });
	}
	lines.push({ look: "bold", points: mean, battery: null, name: say("average") });
	for (const index of named) add("weak", index);

	const at = timesOf(
		lines.map((line) => line.points),
		MOST,
	);
	const series = lines.map((line): Series => {
		return { look: line.look, name: line.name, values: voltagesAt(line.points, at) };
	});
	const middle = mean.at(-1)?.[1];
	const areas = middle === undefined || middle === null ? [] : expected(curve, now, seconds, middle);
	const notes: Note[] = [];
	for (const { look, points: own, battery, name } of lines) {
		const [at = 0, voltage] = own.at(-1) ?? [];
		if (voltage === undefined || voltage === null || (look !== "bold" && look !== "weak")) continue;
		const falls = battery !== null && behind.includes(battery) ? ` · ${say("falls_behind")}` : "";
		notes.push({ at, value: voltage, look, text: `${name} ${format.volts(voltage, string)}${falls}` });
	}
	const voltages = [end * 1.02, ...lines.flatMap((line) => line.points.flatMap(([, voltage]) => voltage ?? []))];
	const chart: Chart = {
		label: [say("live"), ...notes.map(({ text }) => text)].join(", "),
		height: HEIGHT,
		...frameOf({ string, length, spare: SPARE, voltages, end, at, series, now: seconds }, format, say),
		at,
		series,
		areas,
		notes,
	};
	return { chart, batteries: lines.map(({ battery }) => battery) };
}

/**
 * Return a curve of another discharge where this one drew as many Ah; ahead of now, where it will have drawn them with
 * the present current, if there is one. Without Ah, it is the curve over time.
 */
export function atSameCharge(
	points: readonly Point[],
	own: readonly Point[],
	seconds: number,
	{ current, drawn }: Pick<UnderWay, "current" | "drawn">,
): Point[] {
	const ampere = -(current ?? 0);
	if (drawn === null) return [...points];
	const charges = own.flatMap(([at, , charge]): [number, number][] => (charge === null ? [] : [[charge, at]]));
	const found: Point[] = [];
	for (const [, voltage, charge] of points) {
		if (charge === null || (charge > drawn && ampere <= 0)) continue;
		const at = charge > drawn ? seconds + ((charge - drawn) / ampere) * HOUR : timeAt(charges, charge);
		const before = found.at(-1)?.[0] ?? -1;
		if (at !== null && at > before) found.push([at, voltage, charge]);
	}
	return found;
}

/** Return when so many Ah were drawn; null before the first point. */
function timeAt(charges: readonly (readonly [number, number])[], charge: number): number | null {
	const index = charges.findIndex(([one]) => one >= charge);
	const [before, after] = [charges[index - 1], charges[index] ?? charges.at(-1)];
	if (!after) return null;
	if (!before) return after[1];
	return before[1] + ((after[1] - before[1]) * (charge - before[0])) / (after[0] - before[0] || 1);
}

/** Return where the voltage of the average battery is expected, between the earliest and the latest end. */
function expected(curve: Curve, now: UnderWay, seconds: number, voltage: number): Area[] {
	const { low, high } = now;
	const end = curve.limits.end_voltage;
	if (low === null || high === null || voltage <= end) return [];
	const shape = shapeOf(curve.expected ?? null, voltage, end);
	const edge = (left: number) => shape.map(([share, value]): [number, number] => [seconds + share * left, value]);
	return [{ look: "likely", corners: [...edge(low), ...edge(high).reverse()] }];
}

/** Return how the voltage falls from `voltage` to `end`, over the part of the remaining time that has passed. */
export function shapeOf(
	learned: readonly (readonly [number, number])[] | null,
	voltage: number,
	end: number,
): [number, number][] {
	const last = learned?.at(-1);
	// From where the learned curve was as low for the last time: a curve may rise again in its first minutes.
	const from = learned ? learned.findLastIndex(([, value]) => value >= voltage) : -1;
	const tail = learned?.slice(Math.max(0, from)) ?? [];
	const [begin] = tail;
	if (!last || !begin || tail.length < 3 || last[0] <= begin[0]) {
		return Array.from({ length: EDGE }, (_, index) => {
			const share = index / (EDGE - 1);
			return [share, voltage + (end - voltage) * share];
		});
	}
	const drop = begin[1] - last[1] || 1;
	return tail.map(([drawn, value]) => [
		(drawn - begin[0]) / (last[0] - begin[0]),
		end + ((value - last[1]) / drop) * (voltage - end),
	]);
}
