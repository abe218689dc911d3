import assert from "node:assert/strict";
import { test } from "node:test";

import { applied, valueOf } from "../src/data/bank.ts";
import { Format } from "../src/data/format.ts";
import type { BankString, CellChanges, Cells } from "../src/data/payload.ts";
import {
	described,
	legend,
	markOf,
	QUANTITIES,
	quantitiesOf,
	type QuantityKey,
	stepResistance,
	Tiles,
	withoutUnit,
} from "../src/data/quantities.ts";
import { Texts } from "../src/data/texts.ts";
import { worst } from "../src/data/worst.ts";
import { madeHass, madeSnapshot, madeString } from "./made.ts";

const format = new Format(madeHass(madeSnapshot()));
const texts = new Texts({
	battery: "Battery {number}",
	deviation: "deviation",
	ok: "OK",
	alarm: "Alarm",
	no_answer: "no answer",
	named: "{name}: {value}",
	pending: "Beyond a limit",
	normal: "Normal",
	testing: "test running",
});

test("marks follow the limits, to both sides where both are bad", () => {
	const string = madeString({ faults: false, nominal: 12 }); // 0.3 V warning, 0.6 V alarm
	const mark = (key: QuantityKey, cell: "deviation" | "ratio" | "rise") => (value: number | null) => {
		string.cells[cell][0] = value;
		return markOf(key, string, 0);
	};
	const deviation = mark("deviation", "deviation");
	assert.deepEqual([0, 0.16, 0.301, 0.601].map(deviation), [0, 1, 2, 3]);
	assert.deepEqual([-0.01, -0.16, -0.301, -0.601].map(deviation), [0, -1, -2, -3]);
	assert.equal(deviation(null), 0);
	assert.deepEqual([0.7, 1.14, 1.16, 1.3, 1.5].map(mark("resistance", "ratio")), [0, 0, 1, 2, 3]);
	assert.deepEqual([-3, 2, 2.6, 5, 10].map(mark("temperature", "rise")), [0, 0, 1, 2, 3]);
});

test("without the temperature of the room, batteries are coloured by their own", () => {
	const string = madeString({ faults: false });
	string.measures.ambient = false;
	string.cells.rise[0] = null;
	string.cells.temperature[0] = 36;
	assert.equal(markOf("temperature", string, 0), 2);
	assert.equal(QUANTITIES.temperature.long(36, format, string), "36.0\u00a0°C");
});

test("what is not measured can't be chosen", () => {
	const string = madeString();
	string.measures.resistance = false;
	assert.deepEqual(quantitiesOf(string), ["alarm", "deviation", "temperature"]);
});

test("a battery that is offline has no mark of a value", () => {
	const string = madeString();
	for (const key of quantitiesOf(string)) assert.equal(markOf(key, string, 17), "offline");
	assert.equal(described("alarm", string, 17, format, texts), "Battery 18: no answer");
});

test("a battery in words", () => {
	const string = madeString({ faults: false, nominal: 2 });
	string.cells.voltage[6] = 2.24;
	string.cells.deviation[6] = -0.012;
	assert.equal(described("deviation", string, 6, format, texts), "Battery 7: −12\u00a0mV deviation, 2.240\u00a0V, OK");
	string.cells.testing[6] = true;
	assert.match(described("alarm", string, 6, format, texts), /test running$/);
});

test("a legend tells the limits", () => {
	const entries = legend("deviation", madeString({ nominal: 2 }), format, texts.say);
	assert.deepEqual(
		entries.map(({ mark }) => mark),
		[-3, -2, 0, 2, 3, "offline"],
	);
	assert.equal(entries[1]?.text, "≤ −50\u00a0mV");
	assert.equal(entries[4]?.text, "≥ +100\u00a0mV");
});

test("a legend tells what the tint of a battery with a pending alarm means", () => {
	const waiting = { kind: "temperature_high", level: "warning" as const, since: 0, due: 9 };
	const tints = (battery: number | null) => {
		const entries = legend("alarm", { ...madeString(), pending: [{ ...waiting, battery }] }, format, texts.say);
		return entries.flatMap(({ mark, text }) => (mark === 1 ? [text] : []));
	};
	assert.deepEqual(tints(4), ["Beyond a limit"]);
	assert.deepEqual(tints(null), []);
});

test("a unit is the last word: there may be spaces between thousands", () => {
	assert.equal(withoutUnit("1\u00a0234,5\u00a0V"), "1\u00a0234,5");
	assert.equal(withoutUnit("–"), "–");
});

function changed(string: BankString, cells: CellChanges): BankString {
	const bank = applied(null, madeSnapshot([string]));
	const next = applied(bank, { kind: "update", at: 0, lines: [], strings: [{ id: string.id, cells }] });
	const found = next?.strings.get(string.id);
	assert.ok(found);
	return found;
}

test("only the tiles of batteries that have changed are made again", () => {
	const string = madeString();
	const made = new Tiles();
	const before = made.of("alarm", string, format, texts);
	assert.equal(made.of("alarm", string, format, texts), before);
	const next = changed(string, { voltage: { 3: 12.5, 8: string.cells.voltage[8] ?? null }, contact: { 5: "lost" } });
	const after = made.of("alarm", next, format, texts);
	const moved = after.flatMap((tile, index) => (tile === before[index] ? [] : [index]));
	assert.deepEqual(moved, [3, 5]);
	assert.equal(after[3]?.value, "12.50");
	assert.equal(after[5]?.mark, "offline");
	assert.deepEqual(after, new Tiles().of("alarm", next, format, texts), "and as all of them would be");
});

test("another quantity, other limits and another language make all tiles again", () => {
	const string = madeString({ faults: false });
	const made = new Tiles();
	const before = made.of("alarm", string, format, texts);
	const differ = (after: readonly unknown[]) => after.every((tile, index) => tile !== before[index]);
	assert.ok(differ(made.of("deviation", string, format, texts)));
	assert.ok(differ(made.of("alarm", { ...string, limits: { ...string.limits } }, format, texts)));
	assert.ok(differ(made.of("alarm", string, format, new Texts({ ok: "gut" }))));
});

test("each quantity that a tile shows makes it again", () => {
	const string = madeString({ faults: false });
	const other: { [Key in keyof Cells]?: Cells[Key][number] } = {
		...{ voltage: 1, deviation: 1, ratio: 9, rise: 99, level: "alarm", contact: "lost", testing: true },
	};
	for (const [column, value] of Object.entries(other)) {
		for (const key of quantitiesOf(string)) {
			const made = new Tiles();
			made.of(key, string, format, texts);
			const next = changed(string, { [column]: { 4: value } });
			assert.deepEqual(made.of(key, next, format, texts), new Tiles().of(key, next, format, texts), column);
		}
	}
});

test("the worst batteries: alarm before warning before risk, with why", () => {
	const ranked = worst(madeString(), 5);
	const numbers = ranked.map(({ index }) => index + 1);
	assert.equal(numbers[0], 7);
	assert.deepEqual(new Set(numbers), new Set([7, 12, 15, 18, 3]));
	assert.deepEqual(
		ranked[0]?.reasons.map(({ key }) => key),
		["alarm", "risk", "deviation"],
	);
	assert.deepEqual(ranked.find(({ index }) => index === 17)?.reasons, [{ key: "no_answer" }]);
	assert.deepEqual(worst(madeString({ faults: false, count: 6 }), 5), []);
});

test("a battery has the value of its own alarm, and not that of an alarm of several", () => {
	const string = madeString();
	const [own] = string.alarms.filter(({ battery }) => battery === 12);
	assert.ok(own);
	const several = { ...own, battery: null, batteries: [12, 13], value: 9, value_now: 9 };
	const found = (number: number, alarms: BankString["alarms"]) =>
		worst({ ...string, alarms }, 20)
			.find(({ index }) => string.batteries[index]?.number === number)
			?.reasons.flatMap((reason) => (reason.key === "alarm" ? [reason.value] : []));
	assert.deepEqual(found(12, [several, own]), [own.value_now]);
	assert.deepEqual(found(13, [several, own]), [null]);
});

test("an alarm shows its value now, not the one with which it was raised", () => {
	assert.equal(valueOf({ value: 0.84, value_now: 0, value_at: 60 }), 0);
	assert.equal(valueOf({ value: 0.84, value_now: null, value_at: 60 }), null);
	assert.equal(valueOf({ value: 0.84, value_now: null, value_at: null }), 0.84); // a test alarm
});

test("a resistance from load steps has its range, and a battery without one shows nothing", () => {
	const { say } = new Texts({ range: "{low} to {high}" });
	const shown = (values: Record<string, number | null>) => stepResistance({ values }, format, say);
	const between = { step_resistance_low: 5.8, step_resistance_high: 6.4468 };
	assert.equal(shown({ step_resistance: 6.1234, ...between }), "6.123\u00a0mΩ (5.800 to 6.447)");
	assert.equal(shown({ step_resistance: null, step_resistance_low: null, step_resistance_high: null }), "");
	assert.equal(shown({}), ""); // of an older integration, which the page still shows after an update
});
