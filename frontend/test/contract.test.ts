/** The cards understand what the integration sends: its own tests write the payload down, and `tsc` checks its types. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { applied } from "../src/data/bank.ts";
import { Format } from "../src/data/format.ts";
import { quantitiesOf, Tiles } from "../src/data/quantities.ts";
import { Texts } from "../src/data/texts.ts";
import { worst } from "../src/data/worst.ts";
import { replayChart } from "../src/charts/replay.ts";
import { resistancesChart } from "../src/charts/resistances.ts";
import { trendChart } from "../src/charts/trend.ts";
import { payload } from "./built/payload.ts";
import { madeHass, madeSnapshot, NOW } from "./made.ts";

const format = new Format(madeHass(madeSnapshot()));
const texts = new Texts({});
const { say } = texts;

test("a snapshot and an update can be shown", () => {
	const bank = applied(null, payload.snapshot);
	const next = applied(bank, payload.update);
	assert.ok(bank && next);
	for (const string of [...bank.strings.values(), ...next.strings.values()]) {
		for (const column of Object.values<unknown[]>({ ...string.cells }))
			assert.equal(column.length, string.batteries.length);
		worst(string, 5);
		for (const key of quantitiesOf(string)) {
			const tiles = new Tiles().of(key, string, format, texts);
			for (const { mark } of tiles) assert.ok([-3, -2, -1, 0, 1, 2, 3, "offline"].includes(mark));
		}
	}
});

test("the answers can be drawn", () => {
	const [string] = payload.snapshot.strings;
	assert.ok(string);
	assert.ok(resistancesChart(payload.resistances, format, say));
	for (const detail of [payload.battery, payload.replaced]) {
		assert.equal(trendChart(detail, string, format, say, NOW).at.length, detail.tests.length);
	}
	const { chart } = replayChart(
		{ string, curve: payload.curve, underWay: false, other: undefined, picked: "" },
		format,
		say,
	);
	assert.ok(chart.series.length > string.batteries.length);
});
