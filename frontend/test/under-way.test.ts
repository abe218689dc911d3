import assert from "node:assert/strict";
import { test } from "node:test";

import { atSameCharge, liveChart, shapeOf } from "../src/charts/live.ts";
import { applied } from "../src/data/bank.ts";
import { Format, span } from "../src/data/format.ts";
import { Growing } from "../src/data/growing.ts";
import type { BankString, Line, Point } from "../src/data/payload.ts";
import { markOf } from "../src/data/quantities.ts";
import { Texts } from "../src/data/texts.ts";
import { currentText, dischargesFirst, fallingBehind, underWay } from "../src/data/under-way.ts";
import { madeHass, madeSnapshot, madeStart, madeString, noise, NOW } from "./made.ts";

const snapshot = madeSnapshot();
const [works] = snapshot.lines;
assert.ok(works);
const line: Line = works;
const { say } = new Texts({});
const format = new Format(madeHass(snapshot));

/** A string in discharge with so many minutes left. */
function discharging(minutes: number | null, id = "s1"): BankString {
	const string = madeString({ id, faults: false });
	const left = minutes === null ? null : minutes * 60;
	Object.assign(string.values, {
		...{ state: "discharge", current: -30, discharge_start: NOW, discharge_drawn: 10, remaining_time: left },
		...{ remaining_time_low: left && left - 300, remaining_time_high: left && left + 300, limiting_battery: 7 },
	});
	return string;
}

/** A string in discharge with this current, in A. */
function flowing(current: number): BankString {
	const string = discharging(41);
	string.values.current = current;
	return string;
}

test("a discharge under way is short when ten minutes may be left, or a battery has an alarm", () => {
	assert.equal(underWay(madeString(), line), null);
	assert.equal(underWay(discharging(41), line)?.short, false);
	assert.equal(underWay(discharging(15), line)?.short, true); // ten at the least
	assert.equal(underWay(discharging(null), line)?.short, false);
	const ill = discharging(41);
	ill.values.level = "alarm";
	assert.equal(underWay(ill, line)?.short, true);
});

test("nothing is said of a discharge while the line is down", () => {
	assert.equal(underWay(discharging(41), { ...line, down: "gone" }), null);
});

test("the string that ends first comes first, then those without a remaining time, then those not in discharge", () => {
	const strings = [
		madeString({ id: "rest" }),
		discharging(null, "unknown"),
		discharging(60, "long"),
		discharging(9, "short"),
	];
	const lines = new Map([[line.id, line]]);
	assert.deepEqual(
		dischargesFirst(strings, lines).map(({ id }) => id),
		["short", "long", "unknown", "rest"],
	);
});

test("two strings that last about as long keep their places, whatever the order they come in", () => {
	const lines = new Map([[line.id, line]]);
	const order = (first: number, second: number, before: string[]) =>
		dischargesFirst([discharging(first, "a"), discharging(second, "b")], lines, before).map(({ id }) => id);
	assert.deepEqual(order(60, 58, []), ["a", "b"]);
	assert.deepEqual(order(60, 58, ["b", "a"]), ["b", "a"]);
	assert.deepEqual(order(58, 60, ["b", "a"]), ["b", "a"]);
	assert.deepEqual(order(60, 45, ["a", "b"]), ["b", "a"]); // 40 min at the least, and 55
	assert.deepEqual(order(45, 60, ["b", "a"]), ["a", "b"]);
});

test("nothing is said of what is left when the batteries supply no load any more", () => {
	const string = discharging(41); // 100 Ah
	for (const [current, supplies] of [
		[-30, true],
		[-0.3, true],
		[-0.1, false],
		[1, false],
		[null, true],
	] as const) {
		string.values.current = current;
		const now = underWay(string, line);
		assert.equal(now?.supplies, supplies);
		assert.equal(now.remaining, supplies ? 2460 : null);
		assert.equal(now.first, supplies ? 7 : null);
	}
	assert.equal(currentText(flowing(1)), "charging_again");
	assert.equal(currentText(flowing(-0.1)), "no_load");
});

/** What is said of the current while a string of 100 Ah in discharge has these currents, in A, `pause` s apart. */
function saidOf(currents: readonly number[], pause: number): string[] {
	const string = discharging(41);
	let bank = applied(null, madeSnapshot([string]));
	return currents.map((current, index) => {
		const values = { current };
		const message = {
			kind: "update",
			at: NOW + pause * index,
			lines: [],
			strings: [{ id: string.id, values }],
		} as const;
		bank = applied(bank, { ...message, lines: [], strings: [...message.strings] });
		const shown = bank?.strings.get(string.id);
		return (shown && underWay(shown, line)?.unknown) ?? "";
	});
}

test("what is said of the current after a discharge does not change with its noise", () => {
	const random = noise(11);
	const around = (mean: number, width: number, count: number) =>
		Array.from({ length: count }, () => mean + width * random());
	const changes = (said: readonly string[]) => said.filter((text, index) => index && text !== said[index - 1]).length;
	for (const width of [0.05, 0.2, 0.3, 1, 3]) {
		for (const pause of [1, 2, 5]) {
			const during = around(-30, width, 60);
			for (const [mean, text] of [
				[0, "no_load"],
				[Math.max(5, 2 * width), "charging_again"],
			] as const) {
				const after = saidOf([...during, ...around(mean, width, Math.round(120 / pause))], pause).slice(60);
				assert.ok(changes(after) <= 1, `${width} A around ${mean} A, each ${pause} s: ${after.join()}`);
				assert.equal(after.at(-1), text, `${width} A around ${mean} A, each ${pause} s`);
			}
		}
	}
});

test("a load that comes back, and one that draws now and then, is said at once", () => {
	const pulses = Array.from({ length: 60 }, (_, index) => (index % 10 ? -1 : -50));
	assert.deepEqual([...new Set(saidOf(pulses, 1))], ["lasts_unknown"]);
	assert.deepEqual(saidOf([-30, 0, 0, -30, 10, -30], 1), [
		...["lasts_unknown", "no_load", "no_load", "lasts_unknown", "charging_again", "lasts_unknown"],
	]);
	assert.equal(
		saidOf([-30, ...new Array<number>(40).fill(0), ...new Array<number>(40).fill(1)], 1).at(-1),
		"charging_again",
	);
});

test("an axis of a discharge is in minutes up to two hours", () => {
	const texts = [span(0, 10, 50), span(30, 10, 50), span(0, 300, 600), span(2700, 900, 7200), span(90.7, 30, 600)];
	assert.deepEqual(
		texts.concat(span(5400, 1800, 9000)).map((text) => text.replace("\u00a0", " ")),
		["0 s", "30 s", "0 min", "45 min", "1:30 min", "1:30 h"],
	);
});

test("batteries that fall behind are marked and named, the lowest first, at most three", () => {
	const string = discharging(41); // the warning limit is 0.6 V
	for (const [index, away] of [-0.29, -0.31, -0.5, -0.4, -0.35].entries()) string.cells.deviation[index] = away;
	assert.deepEqual(fallingBehind(string), [2, 3, 4]);
	assert.deepEqual(
		[0, 1, 2].map((index) => markOf("alarm", string, index)),
		[0, 1, 1],
	);
	string.values.discharge_start = null;
	assert.deepEqual(fallingBehind(string), []);
	assert.equal(markOf("alarm", string, 2), 0);
});

test("a span of time with its range", () => {
	assert.equal(format.about(41 * 60, 35 * 60, 48 * 60), "41\u00a0min (35–48)");
	assert.equal(
		format.about(6060, 5700, 6480),
		"1\u00a0h\u00a041\u00a0min (1\u00a0h\u00a035\u00a0min – 1\u00a0h\u00a048\u00a0min)",
	);
	assert.equal(format.about(3000, 2400, 3700), "50\u00a0min (40\u00a0min – 1\u00a0h\u00a001\u00a0min)");
	assert.equal(format.about(600, null, null), "10\u00a0min");
});

test("the curve grows with each message, and keeps no more points than it needs", () => {
	const string = discharging(41);
	const growing = new Growing(madeStart(string, NOW, 600));
	const [first] = string.batteries;
	const pointsOf = (seconds: number): Point[] =>
		growing.grown(string, seconds).curves.find(({ battery }) => battery === first?.id)?.points ?? [];
	const before = pointsOf(600).length;
	string.cells.voltage[0] = 11.9;
	assert.deepEqual(pointsOf(601).at(-1), [601, 11.9, 10]);
	assert.deepEqual(pointsOf(601.5).at(-1), [601.5, 11.9, 10]);
	let length = 0;
	for (let seconds = 602; seconds < 3600; seconds++) length = pointsOf(seconds).length;
	assert.ok(length > before + 500 && length < before + 1500, `${length} after ${before}`);
	string.cells.voltage[0] = null; // its module is offline
	assert.deepEqual(pointsOf(3601).at(-1), [3601, null, 10]);
	assert.deepEqual(pointsOf(3603).at(-1), [3601, null, 10], "a gap begins with one point");
	string.cells.voltage[0] = 11.9;
	assert.deepEqual(
		pointsOf(3610)
			.slice(-3)
			.map(([at, voltage]) => [at, voltage]),
		[
			[3599, 11.9],
			[3601, null],
			[3610, 11.9],
		],
	);
	string.cells.voltage[0] = 13.6;
	string.values.current = 10; // the mains are back
	assert.deepEqual(pointsOf(3650).at(-1), [3610, 11.9, 10], "what follows is none of the discharge");
	assert.deepEqual(new Growing(madeStart(string, NOW, 600)).grown(string, 660), madeStart(string, NOW, 600));
});

test("another discharge at the same Ah: where this one drew them, and ahead with the present current", () => {
	const own: Point[] = [
		[0, 12.6, 0],
		[600, 12.3, 4], // 24 A
		[1200, 12.1, 10], // 36 A
	];
	const other: Point[] = [
		[0, 12.7, 0],
		[900, 12.4, 7],
		[1800, 12.0, 10],
		[3600, 11.5, 25],
	];
	// 7 Ah half-way between 4 and 10; 25 Ah are 15 more, at 30 A.
	const same = atSameCharge(other, own, 1200, { current: -30, drawn: 10 });
	assert.deepEqual(
		same.map(([at, voltage]) => [at, voltage]),
		[
			[0, 12.7],
			[900, 12.4],
			[1200, 12],
			[3000, 11.5],
		],
	);
	assert.deepEqual(atSameCharge(other, own, 1200, { current: null, drawn: null }), other);
	// While the string is charged again, nothing is ahead.
	const ended = atSameCharge(other, own, 1300, { current: 1, drawn: 10 });
	assert.deepEqual(ended, same.slice(0, 3));
});

test("what is expected has the shape of the learned curve, from the present voltage to the end voltage", () => {
	const learned: [number, number][] = [
		[0, 12],
		[2, 12.4], // the coup de fouet
		[20, 12],
		[30, 11.6],
		[40, 10.8],
	];
	const shape = shapeOf(learned, 12, 10.8);
	assert.deepEqual(
		shape.map(([share, voltage]) => [share, Number(voltage.toFixed(3))]),
		[
			[0, 12],
			[0.5, 11.6],
			[1, 10.8],
		],
	);
	const straight = shapeOf(null, 12, 10.8);
	assert.deepEqual(
		[straight[0], straight.at(-1)],
		[
			[0, 12],
			[1, 10.8],
		],
	);
});

test("the live chart names the average and what falls behind, and shows what is expected until the latest end", () => {
	const string = discharging(41);
	string.cells.deviation[6] = -0.4;
	const now = underWay(string, line);
	assert.ok(now);
	const curve = madeStart(string, NOW, 1200);
	const { chart, batteries } = liveChart({ string, now, seconds: 1200, curve, last: undefined }, format, say);
	assert.deepEqual(chart.notes?.map(({ look }) => look).sort(), ["bold", "weak"]);
	assert.equal(batteries.at(-1), 6);
	assert.equal(batteries.length, 21);
	const latest = Math.max(...(chart.areas?.[0]?.corners.map(([at]) => at) ?? []));
	assert.equal(latest, 1200 + 46 * 60);
	assert.ok(chart.across.max > latest);
});
