/** A value of each battery for each week. */
import type { Mean } from "./history.ts";

export interface Heat {
	/** When the weeks begin, s since 1970. */
	weeks: readonly number[];
	/** For each battery a value for each week. */
	rows: readonly (readonly (number | null)[])[];
}

/** Return a value of each battery for each week in which one of them has one. */
export function heatOf(batteries: readonly (readonly Mean[])[]): Heat {
	const weeks = [...new Set(batteries.flatMap((means) => means.map(([at]) => at)))].sort((one, other) => one - other);
	const rows = batteries.map((means) => {
		const known = new Map(means);
		return weeks.map((week) => known.get(week) ?? null);
	});
	return { weeks, rows };
}
