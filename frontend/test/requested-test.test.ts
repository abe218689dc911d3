import assert from "node:assert/strict";
import { test } from "node:test";

import type { BankString, BatteryDetail } from "../src/data/payload.ts";
import { RequestedTest } from "../src/data/requested-test.ts";
import type { Format } from "../src/data/format.ts";
import type { Say } from "../src/data/texts.ts";
import { madeString, NOW } from "./made.ts";

const say: Say = (key, values) => (values ? `${key} ${Object.values(values).join()}` : key);
const format = { moment: String } as unknown as Format;
const MINUTE = 60_000; // ms
const INDEX = 4;

/** A string in which the tests have come so far, in %. */
function bank(progress: number | null, testing: boolean, more: Partial<BankString["values"]> = {}): BankString {
	const string = madeString({ faults: false });
	string.cells.testing[INDEX] = testing;
	Object.assign(string.values, { resistance_test_progress: progress, ...more });
	return string;
}

const detail = (...tests: BatteryDetail["tests"]) => ({ tests }) as BatteryDetail;

/** What is said after the strings of a feed, one after another. */
function said(
	strings: BankString[],
	{ now = NOW * 1000, known = detail([NOW - 900, 4.2, true]), pending = false } = {},
): string | undefined {
	const requested = new RequestedTest(NOW * 1000, NOW - 900);
	for (const string of strings) requested.follow(string, INDEX);
	return requested.text(strings.at(-1) ?? bank(null, false), INDEX, known, { say, format }, now, pending);
}

test("a requested test waits, runs, and has a result", () => {
	assert.equal(said([bank(100, false)]), undefined);
	assert.equal(said([bank(0, false)], { now: NOW * 1000 + 9 * MINUTE }), undefined);
	assert.equal(said([bank(0, true)]), "testing");
	const known = detail([NOW - 900, 4.2, true], [NOW + 20, 4.3, true]);
	assert.equal(said([bank(0, true), bank(100, false)], { known }), `tested ${NOW + 20}`);
});

test("a test that is over without a result has failed, until then its result may be on the way", () => {
	const strings = [bank(0, true), bank(100, false)];
	assert.equal(said(strings, { pending: true }), undefined);
	assert.equal(said(strings), "failed test_without_result");
	assert.equal(said(strings, { now: NOW * 1000 + 600 * MINUTE }), "failed test_without_result");
});

test("the reason of a failed test is said if it is known", () => {
	const offline = bank(100, false);
	offline.cells.contact[INDEX] = "lost";
	assert.equal(said([bank(0, true), offline]), "failed why_no_answer");
	assert.equal(said([bank(0, false), bank(100, false)]), "failed test_not_begun");
	assert.equal(said([bank(null, false)], { now: NOW * 1000 + MINUTE }), "failed test_not_begun");
	assert.equal(said([bank(0, true), bank(0, false, { discharge_start: NOW + 5 })]), "failed test_in_discharge");
});
