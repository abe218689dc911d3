import assert from "node:assert/strict";
import { test } from "node:test";

import { isAmong } from "../src/data/numbers.ts";

test("batteries are chosen by their numbers", () => {
	const chosen = (list: unknown) =>
		Array.from({ length: 12 }, (_, index) => index + 1).filter((one) => isAmong(one, list));
	assert.deepEqual(chosen("1-3, 12"), [1, 2, 3, 12]);
	assert.deepEqual(chosen(" 4 – 5,9 "), [4, 5, 9]);
	assert.deepEqual(chosen(7), [7]); // YAML takes it for a number
});

test("a list that can't be read has all batteries", () => {
	for (const list of [undefined, null, "", "  ", "first", "1-", "1,,3", {}]) assert.ok(isAmong(99, list));
});
