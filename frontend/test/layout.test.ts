import assert from "node:assert/strict";
import { test } from "node:test";

import { Texts } from "../src/data/texts.ts";
import { columnsFor, gapOf, stepOf } from "../src/parts/grid.ts";
import { dashboard } from "../src/views.ts";
import { madeString } from "./made.ts";

test("the wall fills its rows where it can", () => {
	assert.equal(columnsFor(20, 984), 10);
	assert.equal(columnsFor(20, 358), 4);
	assert.equal(columnsFor(240, 1376), 24);
	assert.equal(columnsFor(240, 960), 20);
	assert.equal(columnsFor(1, 984), 1);
	assert.equal(columnsFor(23, 984), 12);
	for (let count = 1; count <= 247; count++) {
		for (const width of [320, 358, 574, 992, 1400]) {
			const columns = columnsFor(count, width);
			assert.ok(columns >= 1 && columns <= count);
			const tile = (width - (columns - 1) * gapOf(count)) / columns;
			assert.ok(tile >= 43.9 || columns === 1, `${count} at ${width}`);
		}
	}
});

test("the keys stay on the wall", () => {
	assert.deepEqual(
		["ArrowUp", "ArrowDown", "Home", "End"].map((key) => stepOf(key, 10, 3, 20, false)),
		[0, 10, -3, 6],
	);
	assert.equal(stepOf("ArrowDown", 10, 15, 20, false), 0);
	assert.equal(stepOf("End", 10, 15, 17, false), 1);
	assert.equal(stepOf("Home", 10, 15, 20, true), -15);
	assert.equal(stepOf("a", 10, 15, 20, false), undefined);
});

test("the dashboard: overview, a view for each string, alarms, discharges, maintenance", () => {
	const { say } = new Texts({});
	const { views } = dashboard([madeString(), madeString({ id: "s2", name: "B" })], say);
	assert.deepEqual(
		views.map(({ path }) => path),
		["overview", "string-s1", "string-s2", "alarms", "discharges", "maintenance"],
	);
	assert.deepEqual(
		dashboard([], say).views.map(({ path }) => path),
		["overview"],
	);
});
