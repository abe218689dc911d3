import assert from "node:assert/strict";
import { test } from "node:test";

import type { Alarm, BankString, Line, Pending } from "../src/data/payload.ts";
import { markOf } from "../src/data/quantities.ts";
import { groupedPending, pendingOf, standingOf, statusOf } from "../src/data/status.ts";
import { madeSnapshot, madeString } from "./made.ts";

const [works] = madeSnapshot().lines;
assert.ok(works);
const line: Line = works;

const well = (): BankString => madeString({ faults: false });

function pending(kind: string, battery: number | null, due: number | null = 900): Pending {
	return { kind, battery, level: "alarm", since: 0, due };
}

function alarm(kind: string, battery: number | null, acknowledged_by: string | null = null): Alarm {
	const [made] = madeString().alarms;
	assert.ok(made);
	return { ...made, kind, battery, acknowledged_by };
}

test("a string is OK if all of it is online and nothing is beyond a limit", () => {
	const { standing, monitored, total } = statusOf(well(), line);
	assert.deepEqual([standing, monitored, total], ["ok", 20, 20]);
});

test("two modules that are offline are not OK, and are counted at once", () => {
	const string = well();
	string.cells.contact[3] = "lost";
	string.cells.contact[8] = "unknown";
	const { standing, monitored, total } = statusOf(string, line);
	assert.deepEqual([standing, monitored, total], ["partly", 18, 20]);
	assert.equal(standingOf(string, 3), "not_monitored");
	assert.equal(standingOf(string, 4), "ok");
});

test("nothing is monitored while the line is down or not set up", () => {
	for (const one of [{ ...line, down: "gone" }, { ...line, loaded: false }, undefined]) {
		const { standing, monitored } = statusOf(well(), one);
		assert.deepEqual([standing, monitored], ["not_monitored", 0]);
	}
});

test("a raised alarm stays while the line is down", () => {
	assert.equal(statusOf(madeString(), { ...line, down: "gone" }).standing, "alarm");
});

test("a value beyond a limit is pending, and its battery too", () => {
	const string = { ...well(), pending: [pending("temperature_rise", 4)] };
	assert.equal(statusOf(string, line).standing, "pending");
	assert.equal(standingOf(string, 3), "pending");
	assert.equal(standingOf(string, 4), "ok");
	assert.equal(markOf("alarm", string, 3), 1);
});

test("a pending alarm that a raised one includes is not shown; the next one comes first", () => {
	const waiting = [pending("deviation", 4), pending("deviation", 5), pending("undercharge", null, 100)];
	const string = { ...well(), pending: waiting, alarms: [alarm("deviation", 4)] };
	assert.deepEqual(
		pendingOf(string).map(({ kind, battery }) => [kind, battery]),
		[
			["undercharge", null],
			["deviation", 5],
		],
	);
	assert.deepEqual(pendingOf({ ...string, alarms: [alarm("deviation", null)] }), [waiting[2]]);
});

test("many batteries beyond the same limit are one entry, which counts down to the first alarm", () => {
	const warm = [3, 1, 2, 4].map((number) => pending("temperature_high", number, 900 + number));
	const found = statusOf(
		{ ...well(), pending: [...warm, pending("deviation", 7, 902.5), pending("undercharge", null)] },
		line,
	);
	assert.equal(found.pending.length, 6);
	assert.deepEqual(
		groupedPending(found.pending).map(({ kind, batteries, due }) => [kind, batteries, due]),
		[
			["undercharge", [], 900],
			["temperature_high", [1, 2, 3, 4], 901],
			["deviation", [7], 902.5],
		],
	);
	const few = warm.slice(0, 3);
	assert.deepEqual(
		groupedPending(few).map(({ batteries }) => batteries),
		[[3], [1], [2]],
	);
});

test("alarms are acknowledged when all of them are", () => {
	const string = { ...well(), alarms: [alarm("deviation", 4, "Technician")] };
	assert.equal(statusOf(string, line).acknowledged, true);
	string.alarms.push(alarm("deviation", 5));
	assert.equal(statusOf(string, line).acknowledged, false);
	assert.equal(statusOf(well(), line).acknowledged, false);
});

test("what is not recorded or not measured is not OK", () => {
	assert.equal(statusOf(well(), { ...line, journal_failing: true }).standing, "partly");
	const string = well();
	string.values.string_module = "lost";
	assert.equal(statusOf(string, line).standing, "partly");
	string.values.string_module = null;
	assert.equal(statusOf(string, line).standing, "ok");
});

test("a test that is running is named", () => {
	const string = well();
	string.cells.testing[6] = true;
	const { standing, testing } = statusOf(string, line);
	assert.deepEqual([standing, testing], ["testing", [7]]);
});

test("a limit that does not apply marks no battery as an alarm", () => {
	const string = well();
	string.cells.deviation[2] = 9;
	assert.equal(markOf("deviation", string, 2), 3);
	string.limits.deviation.applies = false;
	assert.equal(markOf("deviation", string, 2), 1);
	string.cells.deviation[2] = -9;
	assert.equal(markOf("deviation", string, 2), -1);
});
