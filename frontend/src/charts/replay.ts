/** A recorded discharge as a chart: all batteries, their average, and what it is compared with. */
import type { Format } from "../data/format.ts";
import type { BankString, Curve, Point } from "../data/payload.ts";
import type { Say } from "../data/texts.ts";
import { type Chart, type Key, type Look, type Series } from "./chart.ts";
import { average, type Below, belowEnd, lengthOf, timesOf, voltagesAt } from "./discharge.ts";
import { frameOf } from "./discharge-frame.ts";

const HEIGHT = 260; // px
const MOST = 1200; // places across: as many as a wide screen has pixels
const SPARE = 0.05; // of the height, above and below

export interface Played {
	string: BankString;
	curve: Curve;
	/** Whether the discharge is not over yet. */
	underWay: boolean;
	/** What it is compared with. */
	other: Curve | undefined;
	/** The id of the battery that is looked at; empty if none is. */
	picked: string;
}

export interface Replay {
	chart: Chart;
	underWay: boolean;
	/** The battery of each of its lines; null for an average. */
	batteries: (string | null)[];
	/** The average battery. */
	mean: Point[];
	/** Those that fell below the end voltage. */
	below: Below[];
}

export function replayChart(played: Played, format: Format, say: Say): Replay {
	const { string, curve, underWay, other, picked } = played;
	const count = string.batteries.length;
	const end = curve.limits.end_voltage;
	const numbers = new Map(string.batteries.map(({ id, number }) => [id, number]));
	const name = (battery: string) => say("battery", { number: numbers.get(battery) ?? "?" });
	const below = belowEnd(curve);
	const failed = new Set(below.map(({ battery }) => battery));
	const mean = average(curve, count);
	const lines: { look: Look; points: readonly Point[]; battery: string | null; name: string }[] = [];
	const keys: Key[] = [];
	// What lies above the others comes last.
	for (const bad of [false, true]) {
		for (const { battery, points } of curve.curves) {
			if (battery === null || failed.has(battery) !== bad) continue;
			lines.push({ look: bad ? "bad" : "thin", points, battery, name: name(battery) });
		}
	}
	const add = (look: Look, points: readonly Point[], battery: string | null, text: string) => {
		lines.push({ look, points, battery, name: text });
		keys.push({ look, text });
	};
	add("bold", mean, null, say("average"));
	if (failed.size) keys.push({ look: "bad", text: say("below_end") });
	const own = pointsOf(curve, picked);
	if (own) add("picked", own, picked, name(picked));
	if (other) {
		const same = pointsOf(other, picked);
		const what = same ? name(picked) : say("average");
		const text = say("named", { name: say("compared", { time: format.moment(other.start) }), value: what });
		add("other", same ?? average(other, count), null, text);
	}
	const at = timesOf(
		lines.map(({ points }) => points),
		MOST,
	);
	const series = lines.map(({ look, points, name }): Series => ({ look, name, values: voltagesAt(points, at) }));
	const length = Math.max(lengthOf(curve), other ? lengthOf(other) : 0);
	const voltages = lines.flatMap(({ points }) => points.flatMap(([, voltage]) => voltage ?? []));
	const chart: Chart = {
		label: failed.size
			? say("named", { name: say("below_end"), value: [...failed].map(name).join(", ") })
			: say(underWay ? "below_none_yet" : "below_none"),
		height: HEIGHT,
		unit: "V",
		keys,
		...frameOf({ string, length, spare: SPARE, voltages, end, at, series }, format, say),
		at,
		series,
	};
	return { chart, underWay, batteries: lines.map(({ battery }) => battery), mean, below };
}

function pointsOf({ curves }: Curve, battery: string): Point[] | undefined {
	return battery ? curves.find((one) => one.battery === battery)?.points : undefined;
}
