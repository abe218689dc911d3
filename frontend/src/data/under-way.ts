/** The discharge of a string that is under way, as an operator has to know it. */
import type { BankString, Line } from "./payload.ts";
import { statusOf } from "./status.ts";

/** s; with less left at the least, a discharge is about to end. */
export const SHORT = 600;
const BEHIND = 0.5; // of the way to the limit of the deviation, from which on a battery falls behind
const MOST = 3; // batteries that are named

export interface UnderWay {
	/** When it began, s since 1970. */
	readonly start: number;
	/** Ah */
	readonly drawn: number | null;
	/** A, drawn */
	readonly current: number | null;
	/** s, with its range */
	readonly remaining: number | null;
	readonly low: number | null;
	readonly high: number | null;
	readonly estimated: boolean;
	/** The number of the battery that reaches its end voltage first. */
	readonly first: number | null;
	/** Whether little time is left, or a battery has an alarm. */
	readonly short: boolean;
}

/** Return the discharge under way; null without one, or while the string is not monitored. */
export function underWay(string: BankString, line: Line | undefined): UnderWay | null {
	const { values } = string;
	const start = values.discharge_start;
	if (start === null || statusOf(string, line).monitored === 0) return null;
	const { remaining_time: remaining, remaining_time_low: low, remaining_time_high: high } = values;
	return {
		start,
		drawn: values.discharge_drawn,
		current: values.current,
		remaining,
		low,
		high,
		estimated: values.remaining_time_estimated,
		first: values.limiting_battery,
		short: (low ?? remaining ?? Infinity) <= SHORT || values.level === "alarm",
	};
}

/** Whether the voltage of a battery falls behind the others in a discharge. */
export function fallsBehind({ cells, limits, values }: BankString, index: number): boolean {
	const least = BEHIND * limits.deviation_discharge.warning;
	return values.discharge_start !== null && -(cells.deviation[index] ?? 0) >= least;
}

/** Return the indices of the batteries that fall behind the most, the lowest first. */
export function fallingBehind(string: BankString): number[] {
	const { cells } = string;
	const behind = cells.deviation.flatMap((value, index) =>
		value !== null && fallsBehind(string, index) ? [{ value, index }] : [],
	);
	behind.sort((one, other) => one.value - other.value);
	return behind.slice(0, MOST).map(({ index }) => index);
}

/** Return strings in discharge first, of these the one that lasts the shortest; all others in their order. */
export function dischargesFirst(strings: readonly BankString[], lines: ReadonlyMap<string, Line>): BankString[] {
	const left = (string: BankString): number => {
		const now = underWay(string, lines.get(string.line));
		return now ? (now.low ?? now.remaining ?? Number.MAX_VALUE) : Infinity;
	};
	const ranked = strings.map((string) => ({ string, left: left(string) }));
	return ranked.sort((one, other) => (one.left === other.left ? 0 : one.left - other.left)).map(({ string }) => string);
}
