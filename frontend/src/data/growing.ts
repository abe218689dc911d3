/** The curve of the discharge under way: what the integration recorded, and the values of the feed since then. */
import type { BankString, Curve, Point } from "./payload.ts";
import { doesSupply } from "./under-way.ts";

const LEAST = 0.9; // s between two points that are kept, and …
const SHARE = 1 / 500; // … of the time since the start: a long discharge needs no closer points

type Lines = Map<string | null, readonly Point[]>;

/** Grows with each message; its last points are the present values. */
export class Growing {
	readonly #curve: Curve;
	readonly #kept: Lines;

	constructor(curve: Curve) {
		this.#curve = curve;
		this.#kept = new Map(curve.curves.map(({ battery, points }) => [battery, points]));
	}

	/**
	 * Return the curve with the present values of a string at its end, `seconds` after the start. While the string
	 * supplies no load, they are none of the discharge, and the integration does not record them either.
	 */
	grown(string: BankString, seconds: number): Curve {
		const { batteries, cells, values } = string;
		const supplies = doesSupply(string);
		const now = new Map<string | null, number | null>([[null, values.voltage]]);
		for (const [index, { id }] of batteries.entries()) now.set(id, cells.voltage[index] ?? null);
		const pause = Math.max(LEAST, seconds * SHARE);
		const curves: Curve["curves"] = [];
		for (const [battery, voltage] of now) {
			const kept = this.#kept.get(battery) ?? [];
			const [last, before] = kept.at(-1) ?? [-Infinity, null];
			const news = voltage !== null || before !== null; // a gap begins with one point
			const points =
				!supplies || !news || seconds <= last ? kept : [...kept, at(seconds, voltage, values.discharge_drawn)];
			const turns = (voltage === null) !== (before === null);
			if (supplies && (turns || seconds - last >= pause)) this.#kept.set(battery, points);
			if (points.length) curves.push({ battery, points: points as Point[] });
		}
		return { ...this.#curve, curves };
	}
}

const at = (...point: Point): Point => point;
