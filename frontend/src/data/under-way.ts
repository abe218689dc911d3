/** The discharge of a string that is under way, as an operator has to know it. */
import type { BankString, Line } from "./payload.ts";
import { flowOf } from "./flow.ts";
import { statusOf } from "./status.ts";

/** s; with less left at the least, a discharge is about to end. */
export const SHORT = 600;
const BEHIND = 0.5; // of the way to the limit of the deviation, from which on a battery falls behind
const MOST = 3; // batteries that are named
const CLEARLY = 0.9; // × what another string lasts, below which a string lasts clearly shorter

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
	/** The number of the battery that is below it now. */
	readonly below: number | null;
	/** The number of the battery that was below it first, and how many s after the start. */
	readonly firstBelow: number | null;
	readonly firstAfter: number | null;
	/** Whether the batteries supply the load; if not, the mains may be back, and nothing is said of what is left. */
	readonly supplies: boolean;
	/** The key of the text in place of what is left. */
	readonly unknown: "lasts_unknown" | "charging_again" | "no_load";
	/** Whether little time is left, or a battery has an alarm. */
	readonly short: boolean;
}

/** Whether a string in discharge still supplies a load. The monitor waits a while before it ends a discharge. */
export function doesSupply(string: BankString): boolean {
	return flowOf(string) === "supplies";
}

/** Return the key of the text for the current of a string that supplies no load. */
export function currentText(string: BankString): "charging_again" | "no_load" {
	return flowOf(string) === "charges" ? "charging_again" : "no_load";
}

/** Return the discharge under way; null without one, or while the string is not monitored. */
export function underWay(string: BankString, line: Line | undefined): UnderWay | null {
	const { values } = string;
	const start = values.discharge_start;
	if (start === null || statusOf(string, line).monitored === 0) return null;
	const { current } = values;
	const supplies = doesSupply(string);
	const left = (seconds: number | null): number | null => (supplies ? seconds : null);
	const remaining = left(values.remaining_time);
	const low = left(values.remaining_time_low);
	return {
		start,
		drawn: values.discharge_drawn,
		current,
		remaining,
		low,
		high: left(values.remaining_time_high),
		estimated: values.remaining_time_estimated,
		first: left(values.limiting_battery),
		below: values.below,
		firstBelow: values.first_below,
		firstAfter: values.first_below_at === null ? null : values.first_below_at - start,
		supplies,
		unknown: supplies ? "lasts_unknown" : currentText(string),
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

/**
 * Return strings in discharge first, of these the one that lasts the shortest; all others in their order. A string goes
 * before another one only if it lasts clearly shorter. Otherwise they stay in the order of `before`, which has ids.
 */
export function dischargesFirst(
	strings: readonly BankString[],
	lines: ReadonlyMap<string, Line>,
	before: readonly string[] = [],
): BankString[] {
	const left = (string: BankString): number => {
		const now = underWay(string, lines.get(string.line));
		return now ? (now.low ?? now.remaining ?? Number.MAX_VALUE) : Infinity;
	};
	const place = ({ id }: BankString): number => (before.includes(id) ? before.indexOf(id) : before.length);
	const all = strings.map((string) => ({ string, left: left(string) }));
	const running = all.filter((one) => one.left < Infinity);
	const ordered: typeof all = [];
	for (const one of running.sort((first, second) => place(first.string) - place(second.string))) {
		let at = ordered.length;
		while (at > 0 && one.left < CLEARLY * (ordered[at - 1]?.left ?? 0)) at--;
		ordered.splice(at, 0, one);
	}
	return [...ordered, ...all.filter((one) => one.left === Infinity)].map(({ string }) => string);
}
