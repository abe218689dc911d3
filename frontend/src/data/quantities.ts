/** The quantities by which a wall can be coloured, and the mark of a battery for each. */
import { type Format, partsOf, SPACE } from "./format.ts";
import type { BankString, BatteryDetail, Cells, Limit } from "./payload.ts";
import { pendingOf } from "./status.ts";
import type { Say, TextKey, Texts } from "./texts.ts";
import { fallsBehind } from "./under-way.ts";

/**
 * How far from normal: 1 is half way to the warning limit, 2 beyond it, 3 beyond the alarm limit; negative is too low.
 * "offline": there is no value, as its module is offline.
 */
export type Mark = -3 | -2 | -1 | 0 | 1 | 2 | 3 | "offline";

export type QuantityKey = "alarm" | "deviation" | "resistance" | "temperature";

interface Quantity {
	name: TextKey;
	exists: (string: BankString) => boolean;
	cell: (string: BankString) => "voltage" | "deviation" | "ratio" | "rise" | "temperature";
	/** With its unit. */
	long: (value: number | null, format: Format, string: BankString) => string;
	limit: (string: BankString) => Limit | undefined;
	normal: number;
	/** Whether it can be too low as well. */
	low: boolean;
}

const SHADES = 20; // of the colour scale, in each direction
const STEP_DIGITS = 3; // of a resistance from load steps in mΩ
const ROOM = 20; // °C, normal, if the temperature of the room is not measured

/** Whether temperatures are shown relative to that of the room. */
export const aboveRoom = (string: BankString): boolean => string.measures.ambient;

export const QUANTITIES: Readonly<Record<QuantityKey, Quantity>> = {
	alarm: {
		name: "alarms",
		exists: () => true,
		cell: () => "voltage",
		long: (value, format, string) => format.volts(value, string),
		limit: () => undefined,
		normal: 0,
		low: false,
	},
	deviation: {
		name: "deviation",
		exists: () => true,
		cell: () => "deviation",
		long: (value, format) => format.value((value ?? NaN) * 1000, 0, "mV", true),
		limit: (string) => string.limits.deviation,
		normal: 0,
		low: true,
	},
	resistance: {
		name: "ratio",
		exists: (string) => string.measures.resistance,
		cell: () => "ratio",
		long: (value, format) => format.percent(value),
		limit: (string) => string.limits.resistance_baseline,
		normal: 1,
		low: false,
	},
	temperature: {
		name: "rise",
		exists: (string) => string.measures.temperature,
		cell: (string) => (aboveRoom(string) ? "rise" : "temperature"),
		long: (value, format, string) => (aboveRoom(string) ? format.rise(value) : format.temperature(value)),
		limit: (string) => (aboveRoom(string) ? string.limits.temperature_rise : string.limits.temperature_high),
		normal: 0,
		low: false,
	},
};

/** Return the quantities that a string has. */
export function quantitiesOf(string: BankString): QuantityKey[] {
	return (Object.keys(QUANTITIES) as QuantityKey[]).filter((key) => QUANTITIES[key].exists(string));
}

export function quantityName(key: QuantityKey, string: BankString): TextKey {
	return key === "temperature" && !aboveRoom(string) ? key : QUANTITIES[key].name;
}

function valueOf(key: QuantityKey, string: BankString, index: number): number | null {
	return string.cells[QUANTITIES[key].cell(string)][index] ?? null;
}

/** Return the value of a battery, with its unit. */
export function valueText(key: QuantityKey, string: BankString, index: number, format: Format): string {
	return QUANTITIES[key].long(valueOf(key, string, index), format, string);
}

/** Return a value without its unit: the last word, as there may be spaces between thousands. */
export function withoutUnit(value: string): string {
	const parts = partsOf(value);
	return parts.length > 1 ? parts.slice(0, -1).join(SPACE) : value;
}

export function markOf(key: QuantityKey, string: BankString, index: number): Mark {
	const { contact, level } = string.cells;
	if (contact[index] !== "answering") return "offline";
	if (key === "alarm")
		return level[index] === "alarm" ? 3 : level[index] === "warning" ? 2 : isNear(string, index) ? 1 : 0;
	const { limit: limitOf, low, normal } = QUANTITIES[key];
	const limit = limitOf(string);
	const value = valueOf(key, string, index);
	if (value === null || !limit) return 0;
	const away = low ? Math.abs(value) : value;
	const usual = key === "temperature" && !aboveRoom(string) ? ROOM : normal;
	const beyond = away >= limit.alarm ? 3 : away >= limit.warning ? 2 : away >= (usual + limit.warning) / 2 ? 1 : 0;
	// A limit that does not apply at the moment raises no alarm, so its mark must not look like one.
	const mark = limit.applies || beyond === 0 ? beyond : 1;
	return away === value || mark === 0 ? mark : (-mark as Mark);
}

/** Whether an alarm is pending, or the battery falls behind in a discharge. */
const isNear = (string: BankString, index: number): boolean => isPending(string, index) || fallsBehind(string, index);

function isPending(string: BankString, index: number): boolean {
	const number = string.batteries[index]?.number;
	return pendingOf(string).some(({ battery }) => battery === number);
}

/** The meaning of the marks, from low to high. */
export function legend(key: QuantityKey, string: BankString, format: Format, say: Say): { mark: Mark; text: string }[] {
	const { limit: limitOf, long, low } = QUANTITIES[key];
	const limit = limitOf(string);
	const text = (value: number) => long(value, format, string);
	const entries: { mark: Mark; text: string }[] = [{ mark: 0, text: say(key === "alarm" ? "ok" : "normal") }];
	if (key === "alarm" && pendingOf(string).some(({ battery }) => battery !== null))
		entries.push({ mark: 1, text: say("pending") });
	if (key === "alarm" && string.values.discharge_start !== null) entries.push({ mark: 1, text: say("falls_behind") });
	if (key === "alarm") entries.push({ mark: 2, text: say("warning") }, { mark: 3, text: say("alarm") });
	if (limit) {
		const { warning, alarm } = limit;
		entries.push({ mark: 2, text: `≥ ${text(warning)}` }, { mark: 3, text: `≥ ${text(alarm)}` });
		if (low) entries.unshift({ mark: -3, text: `≤ ${text(-alarm)}` }, { mark: -2, text: `≤ ${text(-warning)}` });
	}
	return [...entries, { mark: "offline", text: say("no_answer") }];
}

/** A battery in words, for a screen reader. */
export function described(
	key: QuantityKey,
	string: BankString,
	index: number,
	format: Format,
	{ say }: Pick<Texts, "say">,
): string {
	const { contact, level, testing } = string.cells;
	const name = say("battery", { number: string.batteries[index]?.number ?? "?" });
	if (contact[index] !== "answering") return say("named", { name, value: say("no_answer") });
	// What the tile shows comes first, so that it can be spoken to.
	const first = valueText(key, string, index, format);
	const named = (one: QuantityKey) => `${say(quantityName(one, string))} ${valueText(one, string, index, format)}`;
	const voltage = valueText("alarm", string, index, format);
	const parts = key === "alarm" ? [first] : [`${first} ${say(quantityName(key, string))}`, voltage];
	if (key !== "deviation") parts.push(named("deviation"));
	const raised = level[index] ?? "ok";
	parts.push(say(raised === "ok" && isPending(string, index) ? "pending" : raised));
	if (testing[index]) parts.push(say("testing"));
	if (fallsBehind(string, index)) parts.push(say("falls_behind"));
	return say("named", { name, value: parts.join(", ") });
}

/** Return where a value is on the colour scale: from −1 at the lower warning limit to 1 at the upper one, in twentieths. */
export function shadeOf(key: QuantityKey, string: BankString, index: number): number {
	const limit = QUANTITIES[key].limit(string);
	const value = valueOf(key, string, index);
	if (value === null || !limit || string.cells.contact[index] !== "answering") return 0;
	const { normal } = QUANTITIES[key];
	const usual = key === "temperature" && !aboveRoom(string) ? ROOM : normal;
	const share = (value - usual) / (limit.warning - usual);
	return Math.round(SHADES * Math.max(-1, Math.min(1, share))) / SHADES;
}

/** Return the ends of the colour scale and its middle, in words; null without one. */
export function scaleOf(key: QuantityKey, string: BankString, format: Format): [string, string, string] | null {
	const { limit: limitOf, long, normal } = QUANTITIES[key];
	const limit = limitOf(string);
	if (!limit) return null;
	const usual = key === "temperature" && !aboveRoom(string) ? ROOM : normal;
	const text = (value: number) => long(value, format, string);
	return [text(2 * usual - limit.warning), text(usual), text(limit.warning)];
}

/** A battery on a wall. */
export interface Tile {
	readonly number: number;
	readonly mark: Mark;
	/** Without its unit. */
	readonly value: string;
	readonly label: string;
	readonly testing: boolean;
	/** Its place on the colour scale, from −1 to 1; without it there is none. */
	readonly shade?: number;
}

const LOOKED_AT = ["voltage", "deviation", "ratio", "rise", "temperature", "level", "contact", "testing"] as const;

/** Makes the tiles of a string, and keeps the object of a tile that has not changed. */
export class Tiles {
	#made: { key: QuantityKey; string: BankString; format: Format; texts: Texts; tiles: Tile[] } | undefined;

	of(key: QuantityKey, string: BankString, format: Format, texts: Texts): readonly Tile[] {
		const before = this.#made;
		const kept =
			before?.key === key &&
			before.format === format &&
			before.texts === texts &&
			before.string.limits === string.limits &&
			before.string.pending === string.pending &&
			before.string.values.discharge_start === string.values.discharge_start &&
			before.string.batteries === string.batteries
				? before
				: undefined;
		if (kept?.string.cells === string.cells) return kept.tiles;
		const changed = kept && differing(kept.string.cells, string.cells);
		const tiles = string.batteries.map(({ number }, index) => {
			const tile = changed?.has(index) === false ? kept?.tiles[index] : undefined;
			return (
				tile ?? {
					number,
					mark: markOf(key, string, index),
					value: withoutUnit(valueText(key, string, index, format)),
					label: described(key, string, index, format, texts),
					testing: string.cells.testing[index] ?? false,
					...(key !== "alarm" && { shade: shadeOf(key, string, index) }),
				}
			);
		});
		this.#made = { key, string, format, texts, tiles };
		return tiles;
	}
}

/** Return the indices of the batteries of which a shown value differs. */
function differing(one: Cells, other: Cells): Set<number> {
	const found = new Set<number>();
	for (const key of LOOKED_AT) {
		const [before, after] = [one[key], other[key]];
		if (before === after) continue;
		for (let index = 0; index < after.length; index++) if (before[index] !== after[index]) found.add(index);
	}
	return found;
}

/** The resistance of a battery from load steps, with its range; empty if the battery has none. */
export function stepResistance({ values }: Pick<BatteryDetail, "values">, format: Format, say: Say): string {
	const { step_resistance: value, step_resistance_low: low, step_resistance_high: high } = values;
	if (typeof value !== "number") return "";
	const text = format.value(value, STEP_DIGITS, "mΩ");
	if (typeof low !== "number" || typeof high !== "number") return text;
	const range = say("range", { low: format.number(low, STEP_DIGITS), high: format.number(high, STEP_DIGITS) });
	return `${text} (${range})`;
}
