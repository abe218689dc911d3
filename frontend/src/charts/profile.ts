/** One quantity of all batteries of a string as bars around their median, with the limits. */
import type { Format } from "../data/format.ts";
import type { BankString } from "../data/payload.ts";
import type { Mark } from "../data/quantities.ts";
import type { Say } from "../data/texts.ts";
import { type Chart, digitsOf, type LimitLine } from "./chart.ts";
import { medianOf } from "./median.ts";

export const PROFILES = ["voltage", "deviation", "resistance", "temperature"] as const;
export type Profiled = (typeof PROFILES)[number];

const HEIGHT = 280; // px
const RIGHT = 0.6; // of the width, from which on a bar is below the names at the right
const NUMBER = 26; // px for the number of a battery
const ROUND = [1, 2, 5, 10, 20, 50];
const SPARE = 1.18; // of the height, for the numbers beyond the bars
const LEAST = { voltage: 0.005, deviation: 0.005, resistance: 0.04, temperature: 1.5 }; // V per cell, of the median, K

export interface Profile {
	chart: Chart;
	/** The index of the battery of each bar. */
	order: readonly number[];
	median: number;
	lowest: number;
	highest: number;
	/** Median, lowest and highest value in words. */
	facts: string;
}

interface Line {
	value: number;
	level: "warning" | "alarm";
	text: string;
	low: boolean;
	/** Whether it is a distance from the median. */
	away: boolean;
}

/** Return the quantities that a string has. */
export function profilesOf({ measures }: BankString): Profiled[] {
	return PROFILES.filter((key) => (key === "resistance" || key === "temperature" ? measures[key] : true));
}

/** Return a value with its unit. */
export function profileText(key: Profiled, value: number | null, string: BankString, format: Format): string {
	if (key === "voltage") return format.volts(value, string);
	if (key === "deviation") return format.value((value ?? NaN) * 1000, 0, "mV", true);
	return key === "resistance" ? format.milliohms(value, string) : format.temperature(value);
}

/** Return the profile; null without a value. */
export function profileOf(
	key: Profiled,
	string: BankString,
	format: Format,
	say: Say,
	{ sorted = false, height = HEIGHT } = {},
): Profile | null {
	const { batteries, cells } = string;
	const known = batteries.map((_, index) =>
		cells.contact[index] === "answering" ? (cells[key][index] ?? null) : null,
	);
	const median = key === "deviation" ? 0 : medianOf(known);
	const all = known.flatMap((value, index) => (value === null ? [] : [{ value, index }]));
	if (!all.length || median === null) return null;
	all.sort((one, other) => one.value - other.value || one.index - other.index);
	const [lowest, highest] = [all[0]?.index ?? 0, all.at(-1)?.index ?? 0];
	const missing = known.flatMap((value, index) => (value === null ? [index] : []));
	const order = sorted ? [...all.map(({ index }) => index), ...missing] : batteries.map((_, index) => index);
	const text = (value: number | null) => profileText(key, value, string, format);
	const lines = linesOf(key, string, median, text, { format, say });
	const least = LEAST[key] * (key === "resistance" ? median : key === "temperature" ? 1 : string.cells_per_battery);
	const near = lines.filter(({ level }) => level === "warning").map(({ value }) => Math.abs(value - median));
	const furthest = Math.max(...all.map(({ value }) => Math.abs(value - median)), least);
	// The nearest limit is always visible, so that a small spread looks small.
	const reach = SPARE * Math.max(furthest, near.length ? Math.min(...near) : 0);
	const numberOf = (index: number | undefined) => String(batteries[index ?? -1]?.number ?? "");
	const named = (which: "lowest_battery" | "highest" | "lowest_value" | "highest_value", index: number) =>
		say(which, { number: numberOf(index), value: text(known[index] ?? null) });
	const facts = [
		say("median", { value: text(median) }),
		named("lowest_value", lowest),
		named("highest_value", highest),
	];
	const chart: Chart = {
		label: [say("median", { value: text(median) }), named("lowest_battery", lowest), named("highest", highest)].join(
			", ",
		),
		height,
		key: `${string.id} ${key} ${sorted ? order.join() : ""}`,
		across: {
			min: -0.6,
			max: batteries.length - 0.4,
			ticks: (min, max, width) => ticksOf(min, max, width, sorted),
			text: (place) => numberOf(order[place]),
		},
		up: {
			min: median - reach,
			max: median + reach,
			text: (value, step) => scaleText(key, value, step, format),
		},
		at: order.map((_, place) => place),
		rows: (place) => numberOf(order[place]),
		unit: key === "resistance" ? "mΩ" : key === "temperature" ? "°C" : "V",
		series: [
			{
				name: say(key),
				look: "bars",
				from: median,
				values: order.map((index) => known[index] ?? null),
				marks: order.map((index) => ({
					mark: markOf(known[index] ?? null, lines),
					text: index === lowest || index === highest ? numberOf(index) : "",
				})),
			},
		],
		limits: [
			{ value: median, level: "ok", text: "" },
			...lines.map(({ value, level, text: name, low, away }): LimitLine => {
				// The name of a limit leaves room for the number of the battery that is nearest to it.
				const beside = order.indexOf(low ? lowest : highest) > RIGHT * order.length;
				return { value, level, text: name, below: low, left: (key === "voltage" && !away) !== beside };
			}),
		],
		readout: (place) => {
			const index = order[place] ?? -1;
			return [say("battery", { number: numberOf(index) }), text(known[index] ?? null)];
		},
	};
	return { chart, order, median, lowest, highest, facts: facts.join(" · ") };
}

function linesOf(
	key: Profiled,
	{ limits, values, measures }: BankString,
	median: number,
	text: (value: number) => string,
	{ format, say }: { format: Format; say: Say },
): Line[] {
	const lines: Line[] = [];
	const far = (away: number) => format.value(away * 1000, 0, "mV", true);
	const add = (level: "warning" | "alarm", value: number, low = false, named = "") =>
		lines.push({ value, level, low, away: named !== "", text: say(`limit_${level}`, { limit: named || text(value) }) });
	for (const level of ["warning", "alarm"] as const) {
		if ((key === "deviation" || key === "voltage") && limits.deviation.applies) {
			const away = limits.deviation[level];
			add(level, median + away, false, far(away));
			add(level, median - away, true, far(-away));
		}
		if (key === "voltage") {
			if (limits.voltage_high.applies) add(level, limits.voltage_high[level]);
			if (limits.voltage_low.applies) add(level, limits.voltage_low[level], true);
		}
		if (key === "resistance") add(level, median * limits.resistance_string[level]);
		if (key === "temperature") {
			const { ambient } = values;
			const rise = measures.ambient && ambient !== null && limits.temperature_rise.applies;
			add(level, Math.min(limits.temperature_high[level], rise ? ambient + limits.temperature_rise[level] : Infinity));
		}
	}
	return lines;
}

function markOf(value: number | null, lines: readonly Line[]): Mark {
	if (value === null) return "offline";
	let far = 0;
	for (const { value: limit, level, low } of lines) {
		if (low ? value > limit : value < limit) continue;
		const found = level === "alarm" ? 3 : 2;
		if (found > Math.abs(far)) far = low ? -found : found;
	}
	return far as Mark;
}

/** Return a value at the scale: without its unit where that would take the room of the chart. */
function scaleText(key: Profiled, value: number, step: number, format: Format): string {
	if (key === "voltage") return format.value(value, Math.max(1, digitsOf(step)), "V");
	if (key === "deviation") return format.value(value * 1000, 0, "mV", true);
	return key === "resistance" ? format.value(value, Math.max(1, digitsOf(step)), "mΩ") : format.temperature(value);
}

/** Return the places whose numbers are shown; of a sorted profile all or none, as their numbers are not in order. */
function ticksOf(min: number, max: number, width: number, sorted: boolean): number[] {
	const each = max < 100 ? NUMBER : 1.4 * NUMBER;
	const round = ROUND.find((one) => one >= (each * (max - min)) / width) ?? 100;
	const [first, last] = [Math.max(0, Math.ceil(min)), Math.floor(max)];
	const all = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
	if (sorted) return round === 1 ? all : [];
	if (round <= 2) return all.filter((index) => index % round === 0);
	return all.filter((index) => index === 0 || (index + 1) % round === 0);
}
