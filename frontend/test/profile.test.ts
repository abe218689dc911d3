import assert from "node:assert/strict";
import { test } from "node:test";

import { medianOf } from "../src/charts/median.ts";
import { profileOf, profilesOf } from "../src/charts/profile.ts";
import { Format } from "../src/data/format.ts";
import { Texts } from "../src/data/texts.ts";
import { madeHass, madeSnapshot, madeString } from "./made.ts";

const { say } = new Texts({
	lowest_value: "lowest {value} ({number})",
	highest_value: "highest {value} ({number})",
	median: "Median {value}",
});
const format = new Format(madeHass(madeSnapshot()));

test("the median of what is known", () => {
	assert.equal(medianOf([3, 1, null, 2]), 2);
	assert.equal(medianOf([4, 1, 3, 2]), 2.5);
	assert.equal(medianOf([null]), null);
});

test("bars around the median; the lowest and the highest are named; offline batteries have no bar", () => {
	const string = madeString({ count: 6, faults: false });
	string.cells.voltage = [13.6, 13.7, 13.2, 13.5, 13.6, 13.9];
	string.cells.contact[4] = "lost";
	const profile = profileOf("voltage", string, format, say);
	assert.ok(profile);
	const [bars] = profile.chart.series;
	assert.equal(bars?.from, 13.6);
	assert.deepEqual(bars.values, [13.6, 13.7, 13.2, 13.5, null, 13.9]);
	assert.deepEqual(
		bars.marks?.map(({ text }) => text),
		["", "", "3", "", "", "6"],
	);
	// 0.3 V from the median is the warning limit of the deviation; 13.2 V is that of the voltage.
	assert.deepEqual(
		bars.marks.map(({ mark }) => mark),
		[0, 0, -2, 0, "offline", 2],
	);
	assert.equal(profile.facts, "Median 13.60\u00a0V · lowest 13.20\u00a0V (3) · highest 13.90\u00a0V (6)");
});

test("a profile from the lowest to the highest value, offline batteries last", () => {
	const string = madeString({ count: 5, faults: false });
	string.cells.deviation = [0.02, -0.01, 0, null, 0.01];
	assert.deepEqual(profileOf("deviation", string, format, say, { sorted: true })?.order, [1, 2, 4, 0, 3]);
});

test("the nearest limit is visible, so that a small spread looks small", () => {
	const string = madeString({ count: 20, faults: false });
	const profile = profileOf("deviation", string, format, say);
	assert.ok(profile && profile.chart.up.max > 0.3 && profile.chart.up.max < 0.6);
});

test("the name of a limit is on the other side than the battery nearest to it", () => {
	const string = madeString({ count: 6, faults: false });
	string.cells.deviation = [0.01, 0.2, 0, -0.1, 0, -0.25];
	const sides = profileOf("deviation", string, format, say)?.chart.limits?.slice(1);
	assert.deepEqual(
		sides?.map(({ below, left }) => [below, left]),
		[
			[false, false], // battery 2 is the highest
			[true, true], // battery 6 is the lowest
			[false, false],
			[true, true],
		],
	);
});

test("limits that do not apply are not drawn", () => {
	const string = madeString({ faults: false });
	string.limits.deviation = { ...string.limits.deviation, applies: false };
	assert.deepEqual(profileOf("deviation", string, format, say)?.chart.limits?.length, 1); // the median
});

test("a string has the profiles of what it measures", () => {
	const string = madeString({ faults: false });
	string.measures = { ...string.measures, resistance: false, temperature: false };
	assert.deepEqual(profilesOf(string), ["voltage", "deviation"]);
	string.cells.voltage.fill(null);
	assert.equal(profileOf("voltage", string, format, say), null);
});
