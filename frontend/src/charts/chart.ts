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
 * picked: the one that is looked at; dots: a line with its points; rings: points without a line; bars: from 1 on.
 */
export type Look = "thin" | "bold" | "bad" | "other" | "picked" | "dots" | "rings" | "bars";

export interface Series {
	readonly look: Look;
	readonly values: readonly (number | null)[];
	/** How each bar looks, and what stands above it. */
	readonly marks?: readonly { readonly mark: Mark; readonly text: string }[];
}

/** A line across, with its name above it. */
export interface LimitLine {
	readonly value: number;
	readonly level: Level;
	readonly text: string;
	/** Whether its name stands at the left end. */
	readonly left?: boolean;
}

export interface Chart {
	/** The content in words, for a screen reader. */
	readonly label: string;
	/** px */
	readonly height: number;
	readonly across: Scale;
	readonly up: Scale;
	/** Where the values are, in ascending order. */
	readonly at: readonly number[];
	readonly series: readonly Series[];
	readonly limits?: readonly LimitLine[];
	/** Polygons behind the series. */
	readonly areas?: readonly (readonly (readonly [number, number])[])[];
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
