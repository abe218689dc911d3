import assert from "node:assert/strict";
import { test } from "node:test";

import type { Context } from "../src/data/context.ts";
import { Format } from "../src/data/format.ts";
import { dischargeSummary, meanCurrent } from "../src/parts/discharge-summary.ts";
import { madeDischarges, madeHass, madeSnapshot, madeString, NOW } from "./made.ts";

const string = madeString();
const context = { say: (key: string) => key, format: new Format(madeHass(madeSnapshot())) } as unknown as Context;
const [last, before] = madeDischarges(string).discharges;
assert.ok(last && before);

/** Return all texts of a template. */
function texts(part: unknown): string {
	if (Array.isArray(part)) return part.map(texts).join(" ");
	if (typeof part === "string") return part;
	return part && typeof part === "object" && "values" in part ? texts(part.values) : "";
}

test("a discharge that is under way is not compared with whole ones", () => {
	assert.match(texts(dischargeSummary(last, before, string, context)), /difference/);
	const running = { ...last, start: NOW - 600, end: null, drawn: 3, measured: 600 };
	for (const [one, other] of [
		[running, last],
		[last, running],
	] as const) {
		const shown = texts(dischargeSummary(one, other, string, context));
		assert.doesNotMatch(shown, /difference/);
		assert.match(shown, /compared_later/);
	}
	assert.doesNotMatch(texts(dischargeSummary(running, undefined, string, context)), /compared_later/);
});

test("the mean current is over the time in which the current was measured", () => {
	const running = { ...last, start: NOW - 1200, end: null, drawn: 5 };
	assert.equal(meanCurrent({ ...running, measured: 900 }), 20);
	assert.equal(meanCurrent({ ...running, measured: null }), null);
	assert.equal(meanCurrent(running), null);
	assert.equal(meanCurrent({ ...last, start: 0, end: 900, drawn: 5 }), 20);
	assert.equal(meanCurrent({ ...last, interrupted: true }), null);
});
