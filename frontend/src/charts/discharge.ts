/** A recorded discharge: its curves between the points, and which batteries fell below the end voltage. */
import type { Mark } from "../data/quantities.ts";
import type { Curve, Point } from "../data/payload.ts";

const NEAR = 0.03; // of the end voltage, within which a battery is close to its end

// A point is recorded when a voltage has changed, and after this time at the latest.
const PAUSE = 600; // s
const VISIBLE = 0.02; // of a discharge, from which on a curve that ends before it looks as if it was cut off
const ROUND = 60; // s within which each module has answered for the first time

/** Return the voltage of a curve; null before it begins, after it ends, and while its module was offline. */
export function voltageAt(points: readonly Point[], at: number): number | null {
	let [low, high] = [0, points.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((points[middle]?.[0] ?? 0) < at) low = middle + 1;
		else high = middle;
	}
	return between(points[low - 1], points[low], at);
}

/** Return the voltages of a curve at times in ascending order; null before its first point and after its last one. */
export function voltagesAt(points: readonly Point[], times: readonly number[]): (number | null)[] {
	let next = 0;
	return times.map((at) => {
		while (next < points.length && (points[next]?.[0] ?? 0) < at) next++;
		const [before, after] = [points[next - 1], points[next]];
		return after && (before || after[0] === at) ? between(before, after, at) : null;
	});
}

/** Return the voltage between two points that follow each other, the first one before `at`. */
function between(one: Point | undefined, next: Point | undefined, at: number): number | null {
	if (!next) return one && at <= one[0] + PAUSE ? one[1] : null;
	if (!one) return at >= next[0] - ROUND ? next[1] : null;
	const [[from, before], [to, after]] = [one, next];
	if (at === to) return after;
	if (before === null) return null;
	if (after === null) return before;
	if (to - from > PAUSE + ROUND) return at - from <= PAUSE ? before : null;
	return before + ((after - before) * (at - from)) / (to - from);
}

/** In s. */
export function lengthOf({ curves }: Curve): number {
	return Math.max(0, ...curves.map(({ points }) => points.at(-1)?.[0] ?? 0));
}

/** Return a curve with a point at its end, in s: the last voltages, as far as they are known to have lasted until then. */
export function heldUntil(curve: Curve, end: number, drawn: number | null): Curve {
	const curves = curve.curves.map(({ battery, points }) => {
		const [last, voltage] = points.at(-1) ?? [Infinity, 0];
		const lasts = voltage !== null && last < (1 - VISIBLE) * end && end <= last + PAUSE;
		return { battery, points: lasts ? [...points, [end, voltage, drawn] satisfies Point] : points };
	});
	return { ...curve, curves };
}

/** Return the curve of the average battery: of the whole string, or without that, of the batteries with a curve. */
export function average({ curves }: Curve, count: number): Point[] {
	const whole = curves.find(({ battery }) => battery === null)?.points;
	if (whole?.length) return whole.map(([at, voltage, drawn]) => [at, voltage === null ? null : voltage / count, drawn]);
	const each = curves.filter(({ battery }) => battery !== null);
	const mean: Point[] = [];
	for (const [at, , drawn] of each[0]?.points ?? []) {
		const known = each.map(({ points }) => voltageAt(points, at)).filter((one) => one !== null);
		mean.push([at, known.length ? known.reduce((sum, one) => sum + one, 0) / known.length : null, drawn]);
	}
	return mean;
}

export interface Below {
	battery: string;
	/** When its voltage crossed the end voltage, in s. */
	at: number;
	drawn: number | null;
	lowest: number;
}

/** Return the batteries that fell below the end voltage, the first one first. */
export function belowEnd({ curves, limits: { end_voltage: end } }: Curve): Below[] {
	const found: Below[] = [];
	for (const { battery, points } of curves) {
		const index = points.findIndex(([, voltage]) => voltage !== null && voltage < end);
		const point = points[index];
		if (battery === null || !point) continue;
		const lowest = points.reduce((least, [, voltage]) => Math.min(least, voltage ?? Infinity), Infinity);
		const [to, after, drawn] = point;
		const [from, before] = points[index - 1] ?? [to, end];
		const falls = before !== null && after !== null;
		const at = falls ? from + ((to - from) * (before - end)) / (before - after || 1) : to;
		found.push({ battery, at, drawn, lowest });
	}
	return found.sort((one, other) => one.at - other.at);
}

/** Return how a battery looks; from `apart` V below the mean on it is away from the others. */
export function markAt(voltage: number | null, mean: number | null, end: number, apart: number): Mark {
	if (voltage === null) return "offline";
	if (voltage < end) return -3;
	if (voltage < end * (1 + NEAR)) return -2;
	return mean !== null && mean - voltage > apart ? -1 : 0;
}

/** Return the times of all points in ascending order; where there are more than `most`, as many of them. */
export function timesOf(curves: Iterable<readonly Point[]>, most: number): number[] {
	const all = new Set<number>();
	for (const points of curves) for (const [at] of points) all.add(at);
	const times = [...all].sort((one, other) => one - other);
	if (times.length <= most) return times;
	const step = (times.length - 1) / (most - 1);
	return Array.from({ length: most }, (_, index) => times[Math.round(index * step)] ?? 0);
}
