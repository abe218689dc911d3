/** What the charts of a discharge have alike. */
import { clock, type Format, span } from "../data/format.ts";
import type { BankString } from "../data/payload.ts";
import type { Say } from "../data/texts.ts";
import { type Chart, digitsOf, type Series } from "./chart.ts";
import { spanTicks } from "./ticks.ts";

const TICK = 110; // px from one to the next

export interface Frame {
	string: BankString;
	/** s across */
	length: number;
	/** The share of the height that is left free above and below. */
	spare: number;
	/** V, which the chart contains. */
	voltages: readonly number[];
	/** V of a battery */
	end: number;
	at: Chart["at"];
	series: readonly Series[];
	/** s since the start, if the discharge is under way: the name of the end voltage leaves room for what is there. */
	now?: number;
}

/** Return the axes, the line of the end voltage, and what a hand reads. */
export function frameOf(
	{ string, length, spare, voltages, end, at, series, now = length }: Frame,
	format: Format,
	say: Say,
): Pick<Chart, "across" | "up" | "limits" | "readout"> {
	const low = voltages.reduce((one, next) => Math.min(one, next), end);
	const high = voltages.reduce((one, next) => Math.max(one, next), end);
	const free = spare * (high - low || 1);
	return {
		across: {
			min: 0,
			max: length,
			ticks: (min, max, width) => spanTicks(min, max, width / TICK),
			text: (time, step) => span(time, step, length),
		},
		up: {
			min: low - free,
			max: high + free,
			text: (value, step) => format.value(value, Math.max(1, digitsOf(step)), "V"),
		},
		limits: [
			{
				value: end,
				level: "alarm",
				text: say("end_voltage", { limit: format.volts(end, string) }),
				left: now > length / 2,
			},
		],
		readout: (index, nearest) => {
			const line = series[nearest ?? series.findIndex(({ look }) => look === "bold")];
			const value = format.volts(line?.values[index], string);
			return [clock(at[index], true), say("named", { name: line?.name ?? "", value })];
		},
	};
}
