/** What a chart shows. `battery-bank-chart` draws it. */
import type { Level } from "../data/payload.ts";
import type { Mark } from "../data/quantities.ts";

export interface Scale {
	readonly min: number;
	readonly max: number;
	/** The ticks between two values, over so many px; without it they are round numbers. */
	readonly ticks?: (min: number, max: number, width: number) => number[];
	/** A tick in words; `step` is from one tick to the next. */
	readonly text: (value: number, step: number) => string;
}

/**
 * thin: one of many; bold: what they have in common; bad: one that stands out; other: compared with them;
 * weak: one that falls behind; picked: the one that is looked at; dots: a line with its points; rings: points without a line; bars: from 1 on.
 */
export type Look = "thin" | "bold" | "bad" | "weak" | "other" | "picked" | "dots" | "rings" | "bars";

export interface Series {
	readonly look: Look;
	/** Its name in the file of its values. */
	readonly name?: string;
	/** Where bars begin; without it at 1. */
	readonly from?: number;
	readonly values: readonly (number | null)[];
	/** How each bar looks, and what stands above it. */
	readonly marks?: readonly { readonly mark: Mark; readonly text: string }[];
}

/** What the series of a look mean. */
export interface Key {
	readonly look: Look;
	readonly text: string;
}

/** A line across, with its name above it. */
export interface LimitLine {
	readonly value: number;
	readonly level: Level;
	readonly text: string;
	/** Whether its name stands at the left end. */
	readonly left?: boolean;
	/** Whether its name stands below it. */
	readonly below?: boolean;
}

/** A text beside a place in a chart. */
export interface Note {
	readonly at: number;
	readonly value: number;
	readonly text: string;
	readonly look: "bold" | "bad" | "weak" | "other";
}

/** A polygon behind the series; "likely": where the values are expected; others: a band of an operating state. */
export interface Area {
	readonly corners: readonly (readonly [number, number])[];
	readonly look: "forecast" | "likely" | "float" | "discharge" | "recharge" | "boost" | "test";
}

export interface Chart {
	/** The content in words, for a screen reader. */
	readonly label: string;
	/** A chart with another key is drawn from the start: its axis has other names at the same places. */
	readonly key?: string;
	/** px, unless the chart is as high as the room for it. */
	readonly height: number;
	readonly across: Scale;
	readonly up: Scale;
	/** Where the values are, in ascending order. */
	readonly at: readonly number[];
	readonly series: readonly Series[];
	/** The unit of the values in their file; without it they have none. */
	readonly unit?: string;
	/** What its series mean, if there are several. */
	readonly keys?: readonly Key[];
	/** A place in the file of the values; without it, it is a number of seconds. */
	readonly rows?: (at: number) => string;
	readonly limits?: readonly LimitLine[];
	readonly areas?: readonly Area[];
	readonly notes?: readonly Note[];
	/** What is shown of a place under the pointer: its index, and the index of the nearest series. */
	readonly readout?: (index: number, nearest: number | null) => readonly string[];
}

/** A place in a chart that is marked: a line, or from one value to another. */
export interface Marker {
	readonly from: number;
	readonly to: number;
}

/** A click in a chart. */
export interface ChartPick {
	/** The value across. */
	readonly at: number;
	/** The index of the nearest series. */
	readonly series: number | null;
}

/** Return how many digits the multiples of a step need. */
export function digitsOf(step: number, most = 4): number {
	let digits = 0;
	while (digits < most && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits++;
	return digits;
}
