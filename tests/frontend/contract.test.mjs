/** What the cards were made with by hand is what the integration sends: its own tests write down the payload. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { quantitiesOf, markOf } from "../../custom_components/battery_bank/dashboard/cards/quantities.js";
import { State } from "../../custom_components/battery_bank/dashboard/cards/state.js";
import { worst } from "../../custom_components/battery_bank/dashboard/cards/worst.js";
import * as made from "./made.mjs";

const PAYLOAD = new URL("../fixtures/display.json", import.meta.url);
const skip = existsSync(PAYLOAD) ? false : "the payload is not written down yet";
const sent = skip ? {} : JSON.parse(readFileSync(PAYLOAD, "utf8"));
const string = made.madeString();

/** Assert that all keys of what was made by hand are sent as well. */
function holds(real, byHand, where) {
	const missing = Object.keys(byHand).filter((key) => !(key in real));
	assert.deepEqual(missing, [], `missing in ${where}`);
}

test("a snapshot has what the cards read", { skip }, () => {
	const snapshot = made.madeSnapshot([string]);
	holds(sent.snapshot, snapshot, "the snapshot");
	holds(sent.snapshot.lines[0], snapshot.lines[0], "a line");
	for (const real of sent.snapshot.strings) {
		holds(real, string, "a string");
		for (const part of ["measures", "values", "cells"]) holds(real[part], string[part], part);
		holds(real.batteries[0], string.batteries[0], "a battery");
		for (const column of Object.values(real.cells)) assert.equal(column.length, real.batteries.length);
		for (const alarm of real.alarms) holds(alarm, string.alarms[0], "an alarm");
		assert.ok(real.limits.deviation, "the limits of the deviation");
	}
});

test("the cards make sense of it", { skip }, () => {
	const state = new State();
	state.take(sent.snapshot);
	for (const real of state.strings.values()) {
		worst(real, 5);
		for (const key of quantitiesOf(real)) {
			for (const index of real.batteries.keys())
				assert.ok([-3, -2, -1, 0, 1, 2, 3, "offline"].includes(markOf(key, real, index)));
		}
	}
	if (sent.update) assert.ok(state.take(sent.update), "an update can be applied to the snapshot");
});

test("answers have what the cards read", { skip }, () => {
	const answers = {
		battery: made.madeDetail(string, 6),
		resistances: made.madeResistances(string),
		discharges: made.madeDischarges(string),
		curve: made.madeCurve(string, 0),
	};
	for (const [key, byHand] of Object.entries(answers)) {
		if (sent[key]) holds(sent[key], byHand, key);
	}
});
