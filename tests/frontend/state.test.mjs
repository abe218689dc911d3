import assert from "node:assert/strict";
import { test } from "node:test";

import {
	State,
	severity,
	urgentFirst,
	worstFirst,
} from "../../custom_components/battery_bank/dashboard/cards/state.js";
import { madeSnapshot, madeString } from "./made.mjs";

test("a snapshot changes everything", () => {
	const state = new State();
	const change = state.take(madeSnapshot());
	assert.equal(change.strings, null);
	assert.equal(state.strings.get("s1").batteries.length, 20);
	assert.equal(state.lines.get("line1").name, "Line 1");
});

test("an update changes what it names, and nothing else", () => {
	const state = new State();
	state.take(madeSnapshot());
	const before = structuredClone(state.strings.get("s1"));
	const change = state.take({
		kind: "update",
		at: 0,
		lines: [],
		strings: [{ id: "s1", values: { current: -12.5 }, cells: { voltage: { 3: 13.1, 9: null } } }],
	});
	const after = state.strings.get("s1");
	assert.deepEqual(change.strings.get("s1"), { all: false, values: true, alarms: false, cells: new Set([3, 9]) });
	assert.equal(change.lines, false);
	assert.equal(after.cells.voltage[3], 13.1);
	assert.equal(after.cells.voltage[9], null);
	assert.equal(after.values.current, -12.5);
	assert.equal(after.values.voltage, before.values.voltage);
	assert.deepEqual(after.cells.deviation, before.cells.deviation);
	assert.deepEqual(after.alarms, before.alarms);
});

test("the list of alarms comes whole", () => {
	const state = new State();
	state.take(madeSnapshot());
	const change = state.take({ kind: "update", at: 0, strings: [{ id: "s1", alarms: [] }] });
	assert.equal(change.strings.get("s1").alarms, true);
	assert.deepEqual(state.strings.get("s1").alarms, []);
});

test("an update that can't be applied asks for a snapshot", () => {
	const state = new State();
	assert.equal(state.take({ kind: "update", at: 0, strings: [] }), null);
	state.take(madeSnapshot());
	assert.equal(state.take({ kind: "update", at: 0, strings: [{ id: "other" }] }), null);
});

test("a message of a kind that is not known yet changes nothing", () => {
	const state = new State();
	state.take(madeSnapshot());
	const change = state.take({ kind: "weather", at: 0 });
	assert.equal(change.strings.size, 0);
});

test("a line that goes down is told, and recovers", () => {
	const state = new State();
	const snapshot = madeSnapshot();
	state.take(snapshot);
	const down = { ...snapshot.lines[0], down: "gone" };
	assert.equal(state.take({ kind: "update", at: 0, lines: [down], strings: [] }).lines, true);
	assert.equal(state.lines.get("line1").down, "gone");
	state.take({ kind: "update", at: 0, lines: [{ ...down, down: null }], strings: [] });
	assert.equal(state.lines.get("line1").down, null);
});

test("strings: a line down before an alarm, before a warning, then by name", () => {
	const string = (id, name, level, line = "up") => ({
		...madeString({ id, name, line, faults: false }),
		values: { level },
	});
	const strings = [
		string("1", "String 10", "ok"),
		string("2", "String 9", "ok"),
		string("3", "C", "warning"),
		string("4", "D", "alarm"),
		string("5", "E", "ok", "down"),
	];
	const lines = new Map([
		["up", { down: null }],
		["down", { down: "gone" }],
	]);
	assert.deepEqual(
		worstFirst(strings, lines).map((one) => one.id),
		["5", "4", "3", "2", "1"],
	);
});

test("alarms: the worst, then the unseen, then the oldest; dates may be text", () => {
	const alarm = (id, level, since, acknowledged_by = null) => ({ id, level, since, acknowledged_by });
	const sorted = urgentFirst([
		alarm(1, "warning", 10),
		alarm(2, "alarm", 30, "somebody"),
		alarm(3, "alarm", "1970-01-01T00:00:40+00:00"),
		alarm(4, "warning", 5),
		alarm(5, "alarm", 20),
	]);
	assert.deepEqual(
		sorted.map((one) => one.id),
		[5, 3, 2, 4, 1],
	);
});

test("a level that is not known is none", () => {
	assert.equal(severity("alarm"), 2);
	assert.equal(severity(null), 0);
	assert.equal(severity("purple"), 0);
});
