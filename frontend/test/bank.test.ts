import assert from "node:assert/strict";
import { test } from "node:test";

import { applied, type Bank, severity, urgentFirst, withLineNames, worstFirst } from "../src/data/bank.ts";
import type { BankString, Level, Line, Message, Update } from "../src/data/payload.ts";
import { madeSnapshot, madeString } from "./made.ts";

function started(strings?: BankString[]): Bank {
	const bank = applied(null, madeSnapshot(strings));
	assert.ok(bank);
	return bank;
}

function after(bank: Bank, update: Partial<Update>): Bank {
	const next = applied(bank, { kind: "update", at: 0, lines: [], strings: [], ...update });
	assert.ok(next);
	return next;
}

const first = (bank: Bank): BankString => {
	const string = bank.strings.get("s1");
	assert.ok(string);
	return string;
};

test("a snapshot is all there is", () => {
	const bank = started();
	assert.equal(first(bank).batteries.length, 20);
	assert.equal(bank.lines.get("line1")?.name, "Line 1");
});

test("an update changes what it names; all else is the same object", () => {
	const bank = started([madeString(), madeString({ id: "s2", name: "B" })]);
	const before = first(bank);
	const kept = structuredClone(before);
	const next = after(bank, {
		strings: [{ id: "s1", values: { current: -12.5 }, cells: { voltage: { 3: 13.1, 9: null } } }],
	});
	const now = first(next);
	assert.equal(now.cells.voltage[3], 13.1);
	assert.equal(now.cells.voltage[9], null);
	assert.equal(now.cells.voltage[4], before.cells.voltage[4]);
	assert.equal(now.values.current, -12.5);
	assert.equal(now.values.voltage, before.values.voltage);
	for (const same of ["batteries", "limits", "measures", "alarms"] as const) assert.equal(now[same], before[same]);
	assert.equal(now.cells.deviation, before.cells.deviation);
	assert.equal(next.lines, bank.lines);
	assert.equal(next.strings.get("s2"), bank.strings.get("s2"));
	assert.deepEqual(before, kept, "what was known before is not touched");
});

test("the list of alarms comes whole", () => {
	assert.deepEqual(first(after(started(), { strings: [{ id: "s1", alarms: [] }] })).alarms, []);
});

test("an update that can't be applied asks for a snapshot", () => {
	assert.equal(applied(null, { kind: "update", at: 0, lines: [], strings: [] }), null);
	assert.equal(applied(started(), { kind: "update", at: 0, lines: [], strings: [{ id: "other" }] }), null);
});

test("a message of a kind that is not known yet changes nothing, and neither does one without changes", () => {
	const bank = started();
	assert.equal(applied(bank, { kind: "weather", at: 0 } as unknown as Message), bank);
	assert.equal(after(bank, {}), bank);
});

test("a line that goes down is shown, and recovers", () => {
	const bank = started();
	const line = bank.lines.get("line1");
	assert.ok(line);
	const down = after(bank, { lines: [{ ...line, down: "gone" }] });
	assert.equal(down.lines.get("line1")?.down, "gone");
	assert.equal(down.strings, bank.strings);
	assert.equal(after(down, { lines: [line] }).lines.get("line1")?.down, null);
});

function offline(string: BankString, count: number): BankString {
	string.cells.contact.fill("lost", 0, count);
	return string;
}

test("strings: a line down before an alarm, before all that is less, then by name", () => {
	const string = (id: string, name: string, level: Level, line = "up"): BankString => {
		const made = madeString({ id, name, line, faults: false });
		return { ...made, values: { ...made.values, level } };
	};
	const strings = [
		string("1", "String 10", "ok"),
		string("2", "String 9", "ok"),
		string("3", "C", "warning"),
		string("4", "D", "alarm"),
		string("5", "E", "ok", "down"),
		{
			...string("6", "String 11", "ok"),
			pending: [{ kind: "deviation", battery: 1, level: "alarm", since: 0, due: 9 }],
		},
		offline(string("7", "String 12", "ok"), 1),
		offline(string("8", "String 13", "ok"), 20),
	] satisfies BankString[];
	const line = (id: string, down: string | null): [string, Line] => [
		id,
		{ id, name: id, down, loaded: true, round_time: null, alarms: 0, journal_failing: false },
	];
	assert.deepEqual(
		worstFirst(strings, new Map([line("up", null), line("down", "gone")])).map(({ id }) => id),
		["5", "4", "8", "3", "6", "7", "2", "1"],
	);
});

test("alarms: those that are not acknowledged, then the worst, then the newest, and test alarms last", () => {
	const alarm = (id: number, level: Level, since: number, acknowledged_by: string | null = null, drill = false) => ({
		...{ id, level, since, acknowledged_by, drill },
	});
	const sorted = urgentFirst([
		alarm(6, "alarm", 60, null, true),
		alarm(1, "warning", 10),
		alarm(2, "alarm", 30, "Technician"),
		alarm(3, "alarm", 40),
		alarm(4, "warning", 5),
		alarm(5, "alarm", 20),
	]);
	assert.deepEqual(
		sorted.map(({ id }) => id),
		[3, 5, 1, 4, 2, 6],
	);
});

test("no level is the least", () => {
	assert.equal(severity("alarm"), 2);
	assert.equal(severity(null), 0);
});

test("strings with the same name have that of their line too, and a string that is the same stays the same", () => {
	const one = madeSnapshot([madeString()]);
	const bank = applied(null, one);
	assert.ok(bank);
	assert.equal(withLineNames(bank), bank);
	const apart = applied(null, madeSnapshot([madeString(), madeString({ id: "s2", name: "UPS B", line: "line2" })]));
	assert.ok(apart);
	assert.equal(withLineNames(apart), apart, "on two lines, with names of their own");
	const both = applied(
		null,
		madeSnapshot([
			madeString(),
			madeString({ id: "s2", line: "line2" }),
			madeString({ id: "s3", name: "UPS B", line: "line2" }),
		]),
	);
	assert.ok(both);
	const named = withLineNames(both);
	assert.deepEqual(
		[...named.strings.values()].map(({ name }) => name),
		["UPS A (Line 1)", "UPS A (Line 2)", "UPS B"],
	);
	assert.equal(withLineNames({ ...both }).strings.get("s1"), named.strings.get("s1"));
});
