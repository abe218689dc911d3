/** The last resistance test of all batteries in relation to their baselines. */
import type { Format } from "../data/format.ts";
import type { Resistances } from "../data/payload.ts";
import type { Say } from "../data/texts.ts";
import { type Chart, digitsOf } from "./chart.ts";

const HEIGHT = 260; // px
const NUMBER = 34; // px for the number of a battery
const ROUND = [1, 2, 5, 10, 20, 50];

/** Return the index of the battery with the highest ratio; -1 if none has one. */
export function highestOf({ batteries }: Resistances): number {
	return batteries.reduce(
		(best, { ratio }, index) => (ratio !== null && ratio > (batteries[best]?.ratio ?? -Infinity) ? index : best),
		-1,
	);
}

/** Return the chart; null if no battery has a ratio. */
export function resistancesChart(data: Resistances, format: Format, say: Say): Chart | null {
	const { batteries, limits } = data;
	const ratios = batteries.map(({ ratio }) => ratio).filter((ratio) => ratio !== null);
	ratios.sort((one, other) => one - other);
	const [lowest, highest] = [ratios[0], ratios.at(-1)];
	if (lowest === undefined || highest === undefined) return null;
	const percent = (ratio: number) => format.percent(ratio);
	const median = ratios[Math.floor(ratios.length / 2)] ?? 1;
	const number = batteries[highestOf(data)]?.number ?? "?";
	return {
		label: `${say("highest", { number, value: percent(highest) })}, ${say("median", { value: percent(median) })}`,
		height: HEIGHT,
		across: {
			min: -0.6,
			max: batteries.length - 0.4,
			ticks: (min, max, width) => numbered(min, max, width),
			text: (index) => String(batteries[index]?.number ?? ""),
		},
		up: {
			min: Math.min(0.8, lowest * 0.97),
			max: Math.max(limits.alarm * 1.06, highest * 1.08 - 0.05),
			text: (ratio, step) => format.percent(ratio, Math.max(0, digitsOf(step) - 2)),
		},
		at: batteries.map((_, index) => index),
		rows: (index) => String(batteries[index]?.number ?? ""),
		series: [
			{
				name: say("ratio"),
				look: "bars",
				values: batteries.map(({ ratio }) => ratio),
				marks: batteries.map(({ ratio, number }) => {
					const mark = ratio === null || ratio < limits.warning ? 0 : ratio < limits.alarm ? 2 : 3;
					return { mark, text: mark ? String(number) : "" };
				}),
			},
		],
		limits: [
			{ value: 1, level: "ok", text: "" },
			{ value: limits.warning, level: "warning", text: say("limit_warning", { limit: percent(limits.warning) }) },
			{ value: limits.alarm, level: "alarm", text: say("limit_alarm", { limit: percent(limits.alarm) }) },
		],
		readout: (index) => {
			const one = batteries[index];
			return one ? [say("battery", { number: one.number }), format.percent(one.ratio)] : [];
		},
	};
}

/** Return the indices whose numbers are shown: the first one, and round ones. */
function numbered(min: number, max: number, width: number): number[] {
	const round = ROUND.find((one) => one >= (NUMBER * (max - min)) / width) ?? 100;
	const [first, last] = [Math.max(0, Math.ceil(min)), Math.floor(max)];
	const all = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
	return all.filter((index) => index === 0 || (index + 1) % round === 0);
}
