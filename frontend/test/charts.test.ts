import assert from "node:assert/strict";
import { test } from "node:test";

import { digitsOf } from "../src/charts/chart.ts";
import {
	average,
	belowEnd,
	heldUntil,
	lengthOf,
	markAt,
	timesOf,
	voltageAt,
	voltagesAt,
} from "../src/charts/discharge.ts";
import { replayChart } from "../src/charts/replay.ts";
import { highestOf, resistancesChart } from "../src/charts/resistances.ts";
import { dateTicks, months, spanTicks } from "../src/charts/ticks.ts";
import { outlook, spans, trendChart } from "../src/charts/trend.ts";
import { Format } from "../src/data/format.ts";
import type { BatteryDetail, Curve, Point } from "../src/data/payload.ts";
import { Texts } from "../src/data/texts.ts";
import { madeCurve, madeDetail, madeHass, madeResistances, madeSnapshot, madeString, NOW } from "./made.ts";

const format = new Format(madeHass(madeSnapshot()));
const { say } = new Texts({
	battery: "Battery {number}",
	named: "{name}: {value}",
	forecast_alarm: "between {early} and {late}",
});
const DAY = 86400;

test("a curve between its points, and beyond them while none is due", () => {
	const points: Point[] = [
		[5, 12, 0],
		[10, 11, 1],
		[30, 10, 2],
		[1800, 9, 3],
	];
	const expected: [number, number | null][] = [
		[-56, null],
		[0, 12],
		[5, 12],
		[10, 11],
		[20, 10.5],
		[30, 10],
		[630, 10],
		[900, null], // its module was offline
		[1800, 9],
		[2400, 9],
		[2401, null],
	];
	for (const [at, voltage] of expected) assert.equal(voltageAt(points, at), voltage, String(at));
	const times = expected.map(([at]) => at);
	const drawn = expected.map(([at, voltage]) => (at < 5 || at > 1800 ? null : voltage));
	assert.deepEqual(voltagesAt(points, times), drawn);
	assert.equal(voltageAt([], 0), null);
	assert.deepEqual(voltagesAt([], [0]), [null]);
});

const CURVE: Curve = {
	start: 0,
	limits: { end_voltage: 10.8 },
	curves: [
		...[
			{ battery: null, points: line(24, 22) },
			{ battery: "a", points: line(12, 10) },
		],
		...[
			{ battery: "b", points: line(12, 12) },
			{ battery: "c", points: line(10, 9) },
		],
	],
};

function line(from: number, to: number): Point[] {
	return [
		[0, from, 0],
		[100, to, 5],
	];
}

test("which batteries fell below the end voltage, when, and how far", () => {
	const found = belowEnd(CURVE).map((one) => ({ ...one, at: Math.round(one.at) }));
	assert.deepEqual(found, [
		{ battery: "c", at: 0, drawn: 0, lowest: 9 },
		{ battery: "a", at: 60, drawn: 5, lowest: 10 },
	]);
	assert.equal(lengthOf(CURVE), 100);
	assert.deepEqual(average(CURVE, 2)[1], [100, 11, 5]);
	assert.equal(average({ ...CURVE, curves: CURVE.curves.slice(1) }, 3)[1]?.[1], (10 + 12 + 9) / 3);
	assert.equal(belowEnd(madeCurve(madeString(), NOW))[0]?.battery, "s1_b7");
});

test("a curve lasts until the end of its discharge, unless a module was offline", () => {
	const curves = [
		{ battery: "a", points: line(12, 11) },
		{ battery: "b", points: [] },
	];
	const held = (end: number) => heldUntil({ ...CURVE, curves }, end, 30).curves.map(({ points }) => points.at(-1));
	assert.deepEqual(held(700), [[700, 11, 30], undefined]);
	assert.deepEqual(held(701), [[100, 11, 5], undefined]);
	assert.deepEqual(held(102), [[100, 11, 5], undefined]);
	assert.deepEqual(held(90), [[100, 11, 5], undefined]);
});

test("the voltage of a battery is not known while its module did not answer", () => {
	const points: Point[] = [
		[0, 12, 0],
		[100, null, 5],
		[160, 11, 6],
		[200, 10, 7],
		[300, null, 8],
	];
	const times = [0, 50, 99, 100, 130, 160, 180, 250, 300, 320];
	const known = [12, 12, 12, null, null, 11, 10.5, 10, null, null];
	assert.deepEqual(
		times.map((at) => voltageAt(points, at)),
		known,
	);
	assert.deepEqual(voltagesAt(points, times), known);
	const curve = { ...CURVE, curves: [{ battery: "a", points }] };
	assert.deepEqual(
		belowEnd(curve).map(({ at, lowest }) => [Math.round(at), lowest]),
		[[168, 10]],
	);
	assert.deepEqual(heldUntil(curve, 700, 30).curves[0]?.points, points);
	assert.deepEqual(
		average(curve, 1).map(([, voltage]) => voltage),
		[12, null, 11, 10, null],
	);
});

test("marks of a moment of a discharge", () => {
	assert.equal(markAt(10.7, 11.5, 10.8, 0.3), -3);
	assert.equal(markAt(11, 11.5, 10.8, 0.3), -2);
	assert.equal(markAt(11.5, 12, 10.8, 0.3), -1);
	assert.equal(markAt(12, 12, 10.8, 0.3), 0);
	assert.equal(markAt(null, 12, 10.8, 0.3), "offline");
});

test("a chart of many points keeps the first and the last one", () => {
	const points = Array.from({ length: 5000 }, (_, index): Point => [index, 12, null]);
	const times = timesOf([points, points], 100);
	assert.equal(times.length, 100);
	assert.equal(times[0], 0);
	assert.equal(times.at(-1), 4999);
	assert.deepEqual(timesOf([line(1, 2), [[50, 1, null]]], 100), [0, 50, 100]);
});

test("the chart of a discharge: bad batteries above the others, the average above all of them", () => {
	const string = madeString({ count: 3 });
	for (const [index, id] of ["a", "b", "c"].entries()) Object.assign(string.batteries[index] ?? {}, { id });
	const played = { string, curve: CURVE, underWay: false, other: undefined, picked: "" };
	const { chart, batteries } = replayChart(played, format, say);
	assert.deepEqual(batteries, ["b", "a", "c", null]);
	assert.deepEqual(
		chart.series.map(({ look }) => look),
		["thin", "bad", "bad", "bold"],
	);
	assert.deepEqual(
		chart.keys?.map(({ look }) => look),
		["bold", "bad"],
	);
	assert.deepEqual(chart.at, [0, 100]);
	assert.deepEqual(chart.series[1]?.values, [12, 10]);
	assert.ok(chart.up.min < 9 && chart.up.max > 12);
	const { readout } = chart;
	assert.ok(readout);
	assert.deepEqual(readout(1, 2), ["0:01:40\u00a0h", "Battery 3: 9.00\u00a0V"]);
	assert.deepEqual(readout(1, null), ["0:01:40\u00a0h", "average: 7.33\u00a0V"]);

	assert.equal(chart.unit, "V");

	const compared = replayChart({ ...played, other: CURVE, picked: "b" }, format, say);
	assert.deepEqual(
		compared.chart.keys?.map(({ look }) => look),
		["bold", "bad", "picked", "other"],
	);
	assert.deepEqual(compared.batteries, ["b", "a", "c", null, "b", null]);
});

test("resistances: the highest is named, bars beyond a limit have their number", () => {
	const string = madeString();
	const data = madeResistances(string);
	assert.equal(highestOf(data), 6);
	const chart = resistancesChart(data, format, say);
	assert.ok(chart);
	const marked = chart.series[0]?.marks?.flatMap(({ mark, text }) => (mark ? [[mark, text]] : []));
	assert.deepEqual(marked, [[3, "7"]]);
	assert.ok(chart.up.max > 1.56);
	const { ticks } = chart.across;
	assert.ok(ticks);
	assert.deepEqual(ticks(-0.6, 19.6, 300), [0, 4, 9, 14, 19]);
	assert.deepEqual(ticks(2.3, 6.2, 300), [3, 4, 5, 6]);
	const none = data.batteries.map((one) => ({ ...one, ratio: null }));
	assert.equal(resistancesChart({ ...data, batteries: none }, format, say), null);
	assert.equal(highestOf({ ...data, batteries: none }), -1);
});

test("round ticks of time spans", () => {
	assert.deepEqual(spanTicks(0, 9360, 6), [0, 1800, 3600, 5400, 7200, 9000]);
	assert.deepEqual(spanTicks(601, 626, 5), [605, 610, 615, 620, 625]);
	assert.deepEqual(spanTicks(0, 3 * DAY, 2), [0, 2 * DAY]);
});

test("ticks of dates: days of a few weeks, months of a year", () => {
	const spring = new Date(2026, 2, 27, 15).getTime() / 1000;
	const days = dateTicks(spring, spring + 4 * DAY, 5).map((at) => new Date(at * 1000));
	assert.deepEqual(
		days.map((day) => [day.getDate(), day.getHours()]),
		[
			[28, 0],
			[29, 0], // with an hour less in many places
			[30, 0],
			[31, 0],
		],
	);
	const year = dateTicks(NOW, NOW + 365 * DAY, 7).map((at) => new Date(at * 1000));
	assert.equal(year.length, 6);
	for (const day of year) assert.deepEqual([day.getDate(), day.getMonth() % 2], [1, 0]);
});

test("as many digits as a step needs", () => {
	assert.deepEqual(
		[1, 0.5, 0.25, 0.05, 0.025, 20].map((step) => digitsOf(step)),
		[0, 1, 2, 2, 3, 0],
	);
});

test("the chart of a trend holds its tests, its limits and its forecast", () => {
	const detail = madeDetail(madeString(), 6);
	const { x, y } = spans(detail, NOW);
	assert.ok(detail.trend?.forecast.alarm && detail.limits);
	assert.ok(x.max >= detail.trend.forecast.alarm[1]);
	assert.ok(y.max > detail.limits.alarm_mohm && y.min >= 0);
	for (const at of months(x.min, x.max, 5)) assert.ok(at >= x.min - DAY && at <= x.max);
	assert.match(outlook(detail, format, say)[1] ?? "", /^between \w+ \d{4} and \w+ \d{4}$/);
	const chart = trendChart(detail, madeString(), format, say, NOW);
	assert.equal(chart.at.length, 40);
	assert.equal(chart.series[0]?.values.filter((value) => value !== null).length, 39);
	assert.equal(chart.series[1]?.values.filter((value) => value !== null).length, 1); // not usable
	assert.equal(chart.areas?.length, 1);
	assert.deepEqual(
		chart.limits?.map(({ level }) => level),
		["ok", "warning", "alarm"],
	);
});

test("a trend that is unknown is said to be so", () => {
	const none: BatteryDetail = { ...madeDetail(madeString(), 1), tests: [], trend: null };
	assert.deepEqual(outlook(none, format, say), ["no_test"]);
	assert.deepEqual(outlook({ ...none, tests: [[0, 4, true]] }, format, say), ["trend_none"]);
});

test("months and days of the zone that is shown, in a browser of any other one", () => {
	const autumn = Date.UTC(2026, 8, 13, 12) / 1000;
	for (const zone of ["America/New_York", "Europe/Madrid", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Kiritimati"]) {
		const shown = new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "short", timeZone: zone });
		const written = (ticks: number[]) => ticks.map((at) => shown.format(at * 1000));
		assert.deepEqual(
			written(months(autumn, autumn + 120 * DAY, 5, zone)),
			["10", "11", "12"].map((month) => `01/${month}/2026, 00:00`).concat("01/01/2027, 00:00"),
			zone,
		);
		const days = written(dateTicks(autumn + 40 * DAY, autumn + 44 * DAY, 5, zone));
		assert.deepEqual(
			days.map((text) => text.slice(12)),
			days.map(() => "00:00"),
		);
		assert.equal(new Set(days).size, 4, zone);
	}
	// In Cairo, 24 April 2026 begins at 01:00.
	assert.deepEqual(dateTicks(Date.UTC(2026, 3, 23, 10) / 1000, Date.UTC(2026, 3, 24, 10) / 1000, 1, "Africa/Cairo"), [
		Date.UTC(2026, 3, 23, 22) / 1000,
	]);
});

test("the chart of a trend has the months of the server for a user who wants its times", () => {
	const hass = madeHass(madeSnapshot());
	const zone = "Pacific/Honolulu"; // far west of the browser
	const server = new Format({ ...hass, locale: { ...hass.locale, time_zone: "server" }, config: { time_zone: zone } });
	const { across } = trendChart(madeDetail(madeString(), 6), madeString(), server, say, NOW);
	assert.ok(across.ticks);
	const ticks = across.ticks(NOW, NOW + 300 * DAY, 1000);
	const month = new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: zone });
	const days = new Intl.DateTimeFormat("en", { day: "numeric", timeZone: zone });
	for (const at of ticks) assert.equal(days.format(at * 1000), "1");
	assert.deepEqual(
		ticks.map((at) => across.text(at, 30 * DAY)),
		ticks.map((at) => month.format(at * 1000)),
	);
});

test("a discharge that goes on has had no battery below the end voltage so far", () => {
	const string = madeString();
	const curve = { ...CURVE, limits: { end_voltage: 1 } };
	const label = (underWay: boolean) =>
		replayChart({ string, curve, underWay, other: undefined, picked: "" }, format, say).chart.label;
	assert.deepEqual([label(true), label(false)], ["below_none_yet", "below_none"]);
});
