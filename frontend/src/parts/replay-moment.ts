/** A moment of a recorded discharge, as figures and tiles. */
import { voltageAt, markAt } from "../charts/discharge.ts";
import type { Context } from "../data/context.ts";
import type { BankString, Curve, Point } from "../data/payload.ts";
import { type Tile, withoutUnit } from "../data/quantities.ts";

const APART = 0.03; // of the end voltage, if there is no limit of the deviation

/** Return how all batteries are at a time into the discharge, in s. */
export function momentOf(
	string: BankString,
	curve: Curve,
	mean: readonly Point[],
	at: number,
	{ say, format }: Context,
) {
	const middle = voltageAt(mean, at);
	const { end_voltage: end } = curve.limits;
	const apart = string.limits.deviation_discharge.warning || APART * end;
	const points = new Map<string | null, Point[]>(curve.curves.map((one) => [one.battery, one.points]));
	let lowest: { name: string; voltage: number } | undefined;
	const tiles = string.batteries.map(({ id, number }): Tile => {
		const voltage = voltageAt(points.get(id) ?? [], at);
		const name = say("battery", { number });
		if (voltage !== null && (!lowest || voltage < lowest.voltage)) lowest = { name, voltage };
		const value = format.volts(voltage, string);
		const mark = markAt(voltage, middle, end, apart);
		return { number, mark, value: withoutUnit(value), label: say("named", { name, value }), testing: false };
	});
	const drawn = mean.findLast(([time]) => time <= at + 1)?.[2];
	return {
		tiles,
		figures: [
			{ key: "time_into" as const, value: format.duration(at) },
			{ key: "average" as const, value: format.volts(middle, string) },
			{ key: "drawn" as const, value: format.value(drawn, 1, "Ah") },
			{ key: "lowest" as const, value: format.volts(lowest?.voltage, string), note: lowest?.name },
		],
	};
}
