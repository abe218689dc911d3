/** Where the axes of charts have their ticks. */
import { beginOf, dayIn, type Zone } from "../data/zone.ts";

const DAY = 86400; // s
const SPANS = [1, 2, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY]; // s
const MONTHS = [1, 2, 3, 6, 12, 24, 60];
const DAYS = [1, 2, 7, 14];
const MOST = 40; // ticks of an axis

/** Return round times from `min` to `max` (s), in about `count` steps. */
export function spanTicks(min: number, max: number, count: number): number[] {
	const wanted = (max - min) / Math.max(1, count);
	const step = SPANS.find((one) => one >= wanted) ?? DAY * Math.ceil(wanted / DAY);
	const first = Math.ceil(min / step - 1e-9);
	return Array.from(
		{ length: Math.max(0, Math.floor(max / step + 1e-9) - first + 1) },
		(_, index) => (first + index) * step,
	);
}

/** Return the beginnings of months or days of a zone from `from` to `to` (s since 1970), in about `count` steps. */
export function dateTicks(from: number, to: number, count: number, zone?: Zone): number[] {
	const days = (to - from) / DAY / Math.max(1, count);
	const step = DAYS.find((one) => one >= days);
	if (step === undefined) return months(from, to, count, zone);
	const [year, month, first] = dayIn(zone, from);
	const ticks: number[] = [];
	for (let day = 1; ticks.length <= MOST; day += step) {
		const at = beginOf([year, month, first + day], zone);
		if (at > to) break;
		ticks.push(at);
	}
	return ticks;
}

/** Return the beginnings of months of a zone from `from` to `to` (s since 1970), in about `count` steps. */
export function months(from: number, to: number, count: number, zone?: Zone): number[] {
	const wanted = (to - from) / (30.4 * DAY) / Math.max(1, count);
	const step = MONTHS.find((one) => one >= wanted) ?? 120;
	const [year, first] = dayIn(zone, from);
	const ticks: number[] = [];
	for (let month = Math.ceil((year * 12 + first + 1) / step) * step; ; month += step) {
		const at = beginOf([Math.floor(month / 12), month % 12, 1], zone);
		if (at > to || ticks.length > MOST) return ticks;
		ticks.push(at);
	}
}
