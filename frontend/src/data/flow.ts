/** Whether current flows out of a string in discharge or into it, as it is said in words: not changed by noise. */
import type { BankString } from "./payload.ts";

/** none: no more current than the dead band, or as much to as fro */
export type Flow = "supplies" | "none" | "charges";

/** The mean currents of the last messages. */
export interface Flowing {
	readonly flow: Flow;
	/** s since 1970 */
	readonly at: number;
	/** The last one, A. */
	readonly current: number | null;
	/** Means of what flowed into the string and out of it, A, both positive. */
	readonly into: number;
	readonly out: number;
	/** The last change from one value to another one, A. */
	readonly change: number;
	/** The mean of the smaller one of two changes that follow each other: one step of the load is none. A */
	readonly noise: number;
}

type Moved = Pick<Flowing, "flow" | "noise" | "change">;

const STILL: Moved = { flow: "none", noise: 0, change: 0 };
const MEAN = 20; // s
const MOST = 0.15; // of the mean, that one value makes
const MORE = 5; // × the current of the other direction, so that it is more than noise
const CLEAR = 25; // × the dead band, and …
const BEYOND_NOISE = 8; // … × the noise: a change of the load or the charger, after which the means are made of later values only

/** Return whether current flows out of a string or into it. */
export function flowOf({ flow, values, dead_band }: BankString): Flow {
	return flow?.flow ?? begun(values.current, dead_band, 0).flow;
}

/** Return the flow after a message at `now`, in s since 1970; undefined without a discharge. */
export function flowAfter(
	before: Flowing | undefined,
	{ values, dead_band: band }: BankString,
	now: number,
): Flowing | undefined {
	const { current, discharge_start: start } = values;
	if (start === null) return undefined;
	if (!before || current === null || before.current === null) return begun(current, band, now, before);
	const share = Math.min(MOST, 1 - Math.exp(-Math.max(0, now - before.at) / MEAN));
	const mean = (one: number, value: number) => one + share * (value - one);
	const change = Math.abs(current - before.current);
	// Most messages are not about the current.
	const noise = change ? mean(before.noise, Math.min(change, before.change)) : before.noise;
	const moved = { flow: before.flow, noise, change: change || before.change };
	if (change > Math.max(CLEAR * band, BEYOND_NOISE * noise)) return begun(current, band, now, moved);
	const [into, out] = [mean(before.into, Math.max(0, current)), mean(before.out, Math.max(0, -current))];
	return { ...moved, flow: flowFrom(into, out, band, before.flow), at: now, current, into, out };
}

/** Return the flow from one value on. Another flow than before has to be more than noise. */
function begun(current: number | null, band: number, at: number, before: Moved = STILL): Flowing {
	const { noise, change } = before;
	const [into, out] = [Math.max(0, current ?? 0), Math.max(0, -(current ?? 0))];
	if (current === null) return { flow: "supplies", at, current, into, out, noise, change };
	const flow = flowFrom(into, out, band);
	const spare = flow === before.flow ? 0 : noise / 2;
	const surely = flowFrom(into + spare, out + spare, band);
	return { flow: surely, at, current, into: into + spare, out: out + spare, noise, change };
}

function flowFrom(into: number, out: number, band: number, before: Flow = "none"): Flow {
	if (into > MORE * out + band) return "charges";
	if (out > MORE * into + band) return "supplies";
	if (before === "charges" && into > out + band / 2) return "charges";
	return before === "supplies" && out > into + band / 2 ? "supplies" : "none";
}
