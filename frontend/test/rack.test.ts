import assert from "node:assert/strict";
import { test } from "node:test";

import type { Rack } from "../src/data/payload.ts";
import { placeOf, tiersOf } from "../src/data/rack.ts";

const RACK: Rack = { per_tier: 20, tiers: 3, order: "from_bottom" };

test("battery 133 is found in a rack of three tiers of twenty", () => {
	assert.deepEqual(placeOf(132, RACK), { row: 3, tier: 1, place: 13 });
	assert.deepEqual(placeOf(132, { ...RACK, order: "from_top" }), { row: 3, tier: 3, place: 13 });
	assert.deepEqual(placeOf(60, RACK), { row: 2, tier: 1, place: 1 });
	assert.deepEqual(placeOf(59, { ...RACK, order: "from_top" }), { row: 1, tier: 1, place: 20 });
});

test("where the numbers turn, each second tier begins on the right", () => {
	const turning: Rack = { ...RACK, order: "from_bottom_turning" };
	assert.deepEqual(placeOf(19, turning), { row: 1, tier: 1, place: 20 });
	assert.deepEqual(placeOf(20, turning), { row: 1, tier: 2, place: 20 });
	assert.deepEqual(placeOf(40, turning), { row: 1, tier: 3, place: 1 });
});

test("the tiers are in the order in which one sees them, with a gap where batteries end", () => {
	const rack: Rack = { per_tier: 4, tiers: 2, order: "from_bottom_turning" };
	assert.deepEqual(tiersOf(10, rack), [
		{ row: 1, tier: 2, batteries: [7, 6, 5, 4], start: 1 },
		{ row: 1, tier: 1, batteries: [0, 1, 2, 3], start: 1 },
		{ row: 2, tier: 1, batteries: [8, 9], start: 1 },
	]);
	assert.deepEqual(tiersOf(6, rack)[0], { row: 1, tier: 2, batteries: [5, 4], start: 3 });
});
