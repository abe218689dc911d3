import assert from "node:assert/strict";
import { test } from "node:test";

import { historyChart, ticksOf } from "../src/charts/history.ts";
import { valuesOf } from "../src/charts/save.ts";
import { Format } from "../src/data/format.ts";
import { heatOf } from "../src/data/heat.ts";
import { alignedTo, type Mean, timesOf } from "../src/data/history.ts";
import { clearedOf } from "../src/data/past-alarms.ts";
import type { PastAlarm } from "../src/data/payload.ts";
import { scaleOf, shadeOf } from "../src/data/quantities.ts";
import { Texts } from "../src/data/texts.ts";
import { pathOf } from "../src/parts/sparks.ts";
import { madeHass, madeSnapshot, madeString, NOW } from "./made.ts";

const format = new Format(madeHass(madeSnapshot()));
const { say } = new Texts({});

test("a gap in the statistics is a gap in the line", () => {
	const means: Mean[] = [
		[0, 1],
		[300, 2],
		[1500, 3],
	];
	const times = timesOf([means], 750);
	assert.deepEqual(times, [0, 300, 1050, 1500]);
	assert.deepEqual(alignedTo(times, means), [1, 2, null, 3]);
});

test("a chart of the history: its bands, and a scale that keeps noise small", () => {
	const from = NOW - 3600;
	const means = Array.from({ length: 12 }, (_, index): Mean => [from + 300 * index, 272.4 + 0.01 * (index % 2)]);
	const spans = [
		{ from, to: from + 60, state: "float" },
		{ from: from + 600, to: from + 1200, state: "discharge" },
		{ from: from + 1200, to: from + 1201, state: "boost" },
	];
	const made = {
		label: "Voltage",
		from,
		to: NOW,
		spans,
		step: 300,
		least: 0.5,
		unit: "V",
		text: (value: number | null) => String(value),
	};
	const chart = historyChart({ ...made, lines: [{ name: "Voltage", look: "bold", means }] }, { format, say });
	assert.ok(chart);
	assert.deepEqual(
		chart.areas?.map(({ look }) => look),
		["float", "discharge", "boost"],
	);
	assert.equal(chart.areas[2]?.corners[2]?.[0], from + 1200 + 9); // a narrow band is 1/400 wide at least
	assert.ok(chart.up.max - chart.up.min >= 0.5);
	assert.equal(historyChart({ ...made, lines: [{ name: "Voltage", look: "bold", means: [] }] }, { format, say }), null);
});

test("ticks of hours are those of the clock in the zone that is shown", () => {
	const midnight = Date.UTC(2026, 4, 28) / 1000 - 2 * 3600; // in Madrid
	assert.deepEqual(ticksOf(midnight + 600, midnight + 12 * 3600, 4, "Europe/Madrid"), [
		midnight + 3 * 3600,
		midnight + 6 * 3600,
		midnight + 9 * 3600,
		midnight + 12 * 3600,
	]);
});

test("a small line of a figure: noise stays small, few points are none", () => {
	const means = (values: number[]) => values.map((value, index): Mean => [index, value]);
	assert.equal(pathOf(means([1, 2, 3]), 1, 1), undefined);
	assert.equal(pathOf(means([0, 0, 10, 10]), 1, 1), "M0.0 22.0L33.3 22.0L66.7 2.0L100.0 2.0");
	assert.equal(pathOf(means([100, 100.1, 100, 100.1]), 0, 0.01), "M0.0 13.0L33.3 11.0L66.7 13.0L100.0 11.0");
});

test("the colour scale ends at the warning limits", () => {
	const string = madeString({ faults: false });
	const at = (deviation: number) => {
		string.cells.deviation[0] = deviation;
		return shadeOf("deviation", string, 0);
	};
	assert.deepEqual([at(0), at(0.15), at(-0.3), at(2), at(0.131)], [0, 0.5, -1, 1, 0.45]);
	assert.deepEqual(scaleOf("deviation", string, format), ["−300\u00a0mV", "0\u00a0mV", "+300\u00a0mV"]);
	assert.deepEqual(scaleOf("resistance", string, format), ["70\u00a0%", "100\u00a0%", "130\u00a0%"]);
	assert.equal(scaleOf("alarm", string, format), null);
	string.cells.contact[0] = "lost";
	assert.equal(at(0.3), 0);
});

test("the values of a chart as a table, without formulas and with what is missing left empty", () => {
	const scale = { min: 0, max: 1, text: String };
	const series = [
		{ look: "bold" as const, name: "=A,1", values: [1.25, null] },
		{ look: "thin" as const, name: 'the "b"', values: [-2, 0.1 + 0.2] },
	];
	const chart = { label: "", height: 1, across: scale, up: scale, at: [0, 60], series, unit: "V" };
	assert.equal(valuesOf(chart), 's,"\'=A,1 (V)","the ""b"" (V)"\r\n0,1.25,-2\r\n60,,0.3\r\n');
	assert.match(
		valuesOf({ ...chart, rows: (at) => new Date(at * 1000).toISOString() }),
		/\r\n1970-01-01T00:01:00\.000Z,,0\.3\r\n/,
	);
});

test("cleared alarms of several strings, the last that was cleared first", () => {
	const [one, other] = [madeString(), madeString({ id: "s2" })];
	const [alarm] = one.alarms;
	assert.ok(alarm);
	const past = (string: string, raised: number, cleared: number | null) => {
		return { string, alarm: { ...alarm, worst: "alarm", raised, cleared } satisfies PastAlarm };
	};
	const alarms = [past("s2", 30, 40), past("s1", 50, null), past("s1", 10, 55), past("gone", 60, 70)];
	assert.deepEqual(
		clearedOf({ alarms, pages: 1, more: false }, [one, other]).map(({ of, raised }) => [of.id, raised]),
		[
			["s1", 10],
			["s2", 30],
		],
	);
});

test("a map of batteries over weeks has a place for each week in which one of them has a value", () => {
	const heat = heatOf([
		[
			[100, 1.2],
			[200, 1.3],
		],
		[[200, 1.01]],
		[],
	]);
	assert.deepEqual(heat, {
		weeks: [100, 200],
		rows: [
			[1.2, 1.3],
			[null, 1.01],
			[null, null],
		],
	});
});
