import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const CODE = new URL("../../custom_components/battery_bank/dashboard/cards/", import.meta.url);
const { ticks, timeTicks } = await import(new URL("chart.js", CODE));
const { Format } = await import(new URL("format.js", CODE));
const { described, legend, markOf, QUANTITIES, quantitiesOf } = await import(new URL("quantities.js", CODE));
const { average, lengthOf, markAt, violators, voltageAt } = await import(new URL("replay.js", CODE));
const { dashboard } = await import(new URL("views.js", CODE));
const { Texts, textsOf } = await import(new URL("texts.js", CODE));
const { months, outlook, spans } = await import(new URL("trend.js", CODE));
const { columnsFor, steps } = await import(new URL("wall.js", CODE));
const { worst } = await import(new URL("worst.js", CODE));
const { madeCurve, madeDetail, madeHass, madeSnapshot, madeString } = await import("./made.mjs");

const format = (more = {}) => new Format({ ...madeHass(madeSnapshot()), ...more });
const locale = (language, more = {}) => ({ locale: { language, number_format: "language", ...more } });
const texts = new Texts({
	battery: "Battery {number}",
	deviation: "deviation",
	ok: "OK",
	alarm: "Alarm",
	no_answer: "no answer",
	normal: "Normal",
	testing: "test running",
});

test("numbers as the user writes them", () => {
	assert.equal(format().value(-12, 0, "mV", true), "−12\u00a0mV");
	assert.equal(format().value(12, 0, "mV", true), "+12\u00a0mV");
	assert.equal(format().value(0, 0, "mV", true), "0\u00a0mV");
	assert.equal(format(locale("de")).number(1234.5, 1), "1.234,5");
	assert.equal(format(locale("de", { number_format: "comma_decimal" })).number(1234.5, 1), "1,234.5");
	assert.equal(format(locale("en", { number_format: "none" })).number(1234.5, 1), "1234.5");
});

test("what is not known is a dash, without a unit", () => {
	for (const nothing of [null, undefined, NaN]) assert.equal(format().value(nothing, 2, "V"), "–");
	assert.equal(format().temperature(null), "–");
	assert.equal(format().rise(null), "–");
	assert.equal(format().duration(null), "–");
	assert.equal(format().moment(null), "–");
});

test("temperatures in the unit of the house, differences without its zero", () => {
	const american = format({ config: { unit_system: { temperature: "°F" } } });
	assert.equal(american.temperature(25), "77.0\u00a0°F");
	assert.equal(american.rise(5), "+9.0\u00a0°F");
	assert.equal(format().rise(5), "+5.0\u00a0K");
});

test("what an alarm measured keeps its unit; ratios are per cent", () => {
	assert.equal(format().measured(1.56, "×"), "156\u00a0%");
	assert.equal(format().measured(-0.372, "V"), "−0.372\u00a0V");
	assert.equal(format().measured(13.25, "V"), "13.25\u00a0V");
	assert.equal(format().measured(null, "V"), "–");
});

test("numbers and dates follow the language of the texts, in the user's region", () => {
	const shown = (language, texts, more) =>
		new Format({ ...madeHass(madeSnapshot()), ...locale(language, more) }, texts);
	// Brazilians are shown English: 1.234,5 and "nov. de 2023" would stand in English sentences.
	assert.equal(shown("pt-BR", "en").number(1234.5, 1), "1,234.5");
	assert.equal(shown("pt-BR", "en").month(1_700_000_000), "Nov 2023");
	assert.equal(shown("pt-BR", "en", { number_format: "decimal_comma" }).number(1234.5, 1), "1.234,5");
	// Latin Americans are shown Spanish, with the numbers that all of Home Assistant shows them.
	assert.equal(shown("es-419", "es").number(1234.5, 1), "1,234.5");
	assert.equal(shown("en-GB", "en").date(1_700_000_000), "14 Nov 2023");
	assert.equal(shown("zh-Hant", "zh-Hans").month(1_700_000_000), "2023年11月");
	assert.equal(shown("de", "de").number(1234.5, 1), "1.234,5");
});

test("spans of time", () => {
	assert.equal(format().duration(42), "42\u00a0s");
	assert.equal(format().duration(720), "12\u00a0min");
	assert.equal(format().duration(7500), "2\u00a0h\u00a005\u00a0min");
});

test("times in the zone of the server, if the user wants that", () => {
	const there = format({
		...locale("en", { time_zone: "server", time_format: "24" }),
		config: { time_zone: "Asia/Tokyo" },
	});
	assert.match(there.moment(1_700_000_000), /07:13/);
});

test("a text has its braces filled in; one that is missing shows its key", () => {
	assert.equal(texts.say("battery", { number: 7 }), "Battery 7");
	assert.equal(texts.say("nothing"), "nothing");
	assert.equal(texts.or("alarm.x", "said by the server"), "said by the server");
});

test("texts are loaded once for a language, and again after a failure", async () => {
	const hass = madeHass(madeSnapshot(), { ok: "OK" });
	await Promise.all([textsOf(hass.connection, "de"), textsOf(hass.connection, "de")]);
	assert.equal(hass.asked.length, 1);
	const { sendMessagePromise } = hass.connection;
	hass.connection.sendMessagePromise = () => Promise.reject(new Error("gone"));
	await assert.rejects(textsOf(hass.connection, "fr"));
	hass.connection.sendMessagePromise = sendMessagePromise;
	const french = await textsOf(hass.connection, "fr");
	assert.equal(french.say("ok"), "OK");
	assert.equal(french.language, "fr");
});

test("marks follow the limits, to both sides where both are bad", () => {
	const string = madeString({ faults: false, nominal: 12 }); // 0.3 V warning, 0.6 V alarm
	const mark = (key, cell, value) => {
		string.cells[cell][0] = value;
		return markOf(key, string, 0);
	};
	const deviation = (value) => mark("deviation", "deviation", value);
	assert.deepEqual([0, 0.16, 0.301, 0.601].map(deviation), [0, 1, 2, 3]);
	assert.deepEqual([-0.16, -0.301, -0.601].map(deviation), [-1, -2, -3]);
	assert.equal(deviation(null), 0);
	const ratio = (value) => mark("resistance", "ratio", value);
	assert.deepEqual([0.7, 1.14, 1.16, 1.3, 1.5].map(ratio), [0, 0, 1, 2, 3]);
	const rise = (value) => mark("temperature", "rise", value);
	assert.deepEqual([-3, 2, 2.6, 5, 10].map(rise), [0, 0, 1, 2, 3]);
});

test("without the temperature of the room, batteries are coloured by their own", () => {
	const string = madeString({ faults: false });
	string.measures.ambient = false;
	string.cells.rise[0] = null;
	string.cells.temperature[0] = 36;
	assert.equal(markOf("temperature", string, 0), 2);
	assert.equal(QUANTITIES.temperature.long(36, format(), string), "36.0\u00a0°C");
});

test("what is not measured can't be chosen", () => {
	const string = madeString();
	string.measures.resistance = false;
	assert.deepEqual(quantitiesOf(string), ["alarm", "deviation", "temperature"]);
});

test("a battery that does not answer has no mark of a value", () => {
	const string = madeString();
	for (const key of quantitiesOf(string)) assert.equal(markOf(key, string, 17), "offline");
	assert.equal(described("alarm", string, 17, format(), texts), "Battery 18: no answer");
});

test("a battery in words", () => {
	const string = madeString({ faults: false, nominal: 2 });
	Object.assign(string.cells.voltage, { 6: 2.24 });
	Object.assign(string.cells.deviation, { 6: -0.012 });
	assert.equal(
		described("deviation", string, 6, format(), texts),
		"Battery 7: 2.240\u00a0V, deviation −12\u00a0mV, OK",
	);
	string.cells.testing[6] = true;
	assert.match(described("alarm", string, 6, format(), texts), /test running$/);
});

test("a legend tells the limits", () => {
	const entries = legend("deviation", madeString({ nominal: 2 }), format(), texts);
	assert.deepEqual(
		entries.map(({ mark }) => mark),
		[-3, -2, 0, 2, 3, "offline"],
	);
	assert.equal(entries[1].text, "≤ −50\u00a0mV");
	assert.equal(entries[4].text, "≥ +100\u00a0mV");
});

test("the wall fills its rows where it can", () => {
	assert.equal(columnsFor(20, 984), 10);
	assert.equal(columnsFor(20, 358), 4);
	assert.equal(columnsFor(240, 1376), 24);
	assert.equal(columnsFor(240, 960), 20);
	assert.equal(columnsFor(1, 984), 1);
	assert.equal(columnsFor(23, 984), 12);
	for (let count = 1; count <= 247; count++) {
		for (const width of [320, 358, 574, 992, 1400]) {
			const columns = columnsFor(count, width);
			assert.ok(columns >= 1 && columns <= count);
			assert.ok(
				(width - (columns - 1) * (count > 60 ? 4 : 6)) / columns >= 43.9 || columns === 1,
				`${count} at ${width}`,
			);
		}
	}
});

test("the keys stay on the wall", () => {
	assert.deepEqual(
		["ArrowUp", "ArrowDown", "Home", "End"].map((key) => steps(10, 3, 20, false)[key]),
		[0, 10, -3, 6],
	);
	assert.equal(steps(10, 15, 20, false).ArrowDown, 0);
	assert.equal(steps(10, 15, 17, false).End, 1);
	assert.equal(steps(10, 15, 20, true).Home, -15);
});

test("the worst batteries: alarm before warning before risk, with why", () => {
	const string = madeString();
	const ranked = worst(string, 5);
	assert.deepEqual(ranked.map(({ index }) => index + 1).slice(0, 1), [7]);
	assert.deepEqual(new Set(ranked.map(({ index }) => index + 1)), new Set([7, 12, 15, 18, 3]));
	assert.deepEqual(
		ranked[0].reasons.map(({ key }) => key),
		["alarm", "risk", "deviation"],
	);
	assert.deepEqual(ranked.find(({ index }) => index === 17).reasons, [{ key: "no_answer" }]);
	assert.deepEqual(worst(madeString({ faults: false, count: 6 }), 5), []);
});

test("a curve between its points, and beyond them while none is due", () => {
	const points = [
		[5, 12, 0],
		[10, 11, 1],
		[30, 10, 2],
		[1800, 9, 3],
	];
	assert.equal(voltageAt(points, 0), 12);
	assert.equal(voltageAt(points, 20), 10.5);
	assert.equal(voltageAt(points, 30), 10);
	assert.equal(voltageAt(points, 900), null); // its module was silent
	assert.equal(voltageAt(points, 2400), 9);
	assert.equal(voltageAt(points, 2401), null);
	assert.equal(voltageAt([], 0), null);
});

test("who fell below the end voltage, when, and how far", () => {
	const curve = {
		start: 0,
		limits: { end_voltage: 10.8 },
		curves: [
			{
				battery: null,
				points: [
					[0, 24, 0],
					[100, 22, 5],
				],
			},
			{
				battery: "a",
				points: [
					[0, 12, 0],
					[100, 10, 5],
				],
			},
			{
				battery: "b",
				points: [
					[0, 12, 0],
					[100, 12, 5],
				],
			},
			{
				battery: "c",
				points: [
					[0, 10, 0],
					[100, 9, 5],
				],
			},
		],
	};
	const found = violators(curve).map((one) => ({ ...one, at: Math.round(one.at) }));
	assert.deepEqual(found, [
		{ battery: "c", at: 0, drawn: 0, lowest: 9 },
		{ battery: "a", at: 60, drawn: 5, lowest: 10 },
	]);
	assert.equal(lengthOf(curve), 100);
	assert.deepEqual(average(curve, 2)[1], [100, 11, 5]);
	assert.equal(average({ ...curve, curves: curve.curves.slice(1) }, 3)[1][1], (10 + 12 + 9) / 3);
	assert.deepEqual(violators(madeCurve(madeString(), Date.now() / 1000))[0].battery, "s1_b7");
});

test("marks of a moment of a discharge", () => {
	assert.equal(markAt(10.7, 11.5, 10.8, 0.3), -3);
	assert.equal(markAt(11, 11.5, 10.8, 0.3), -2);
	assert.equal(markAt(11.5, 12, 10.8, 0.3), -1);
	assert.equal(markAt(12, 12, 10.8, 0.3), 0);
	assert.equal(markAt(null, 12, 10.8, 0.3), "offline");
});

test("round ticks", () => {
	assert.deepEqual(ticks(0.83, 1.6, 5), [1, 1.2, 1.4, 1.6]);
	assert.deepEqual(ticks(5, 5, 5), [5]);
	assert.deepEqual(timeTicks(9360, 6), [0, 1800, 3600, 5400, 7200, 9000]);
});

test("the drawing of a trend holds its tests, its limits and its forecast", () => {
	const string = madeString();
	const detail = madeDetail(string, 6);
	const now = Date.now() / 1000;
	const { x, y } = spans(detail, now);
	assert.ok(x.max >= detail.trend.forecast.alarm[1]);
	assert.ok(y.max > detail.limits.alarm_mohm && y.min >= 0);
	for (const at of months(x.min, x.max, 5)) assert.ok(at >= x.min - 86400 && at <= x.max);
	const said = outlook(detail, format(), new Texts({ forecast_alarm: "between {early} and {late}" }));
	assert.match(said[1], /^between \w+ \d{4} and \w+ \d{4}$/);
});

test("what can't be told of a trend is said", () => {
	const none = { ...madeDetail(madeString(), 1), tests: [], trend: null };
	assert.deepEqual(outlook(none, format(), texts), ["no_test"]);
	assert.deepEqual(outlook({ ...none, tests: [[0, 4, true]] }, format(), texts), ["trend_none"]);
});

test("the dashboard: overview, a view for each string, discharges, maintenance", () => {
	const { views } = dashboard([madeString(), madeString({ id: "s2", name: "B" })], texts);
	assert.deepEqual(
		views.map(({ path }) => path),
		["overview", "string-s1", "string-s2", "discharges", "maintenance"],
	);
	assert.deepEqual(
		dashboard([], texts).views.map(({ path }) => path),
		["overview"],
	);
});

test("every text that the cards say is listed", () => {
	const english = JSON.parse(readFileSync(new URL("../../translations/en.json", CODE), "utf8"));
	const listed = english.selector.display?.options;
	const code = readdirSync(CODE)
		.filter((name) => name.endsWith(".js"))
		.map((name) => readFileSync(new URL(name, CODE), "utf8"))
		.join("\n");
	const said = [...code.matchAll(/\bsay\(\s*"([a-z_]+)"/g)].map(([, key]) => key);
	assert.ok(said.length > 50);
	if (listed)
		assert.deepEqual(
			[...new Set(said)].filter((key) => !(key in listed)),
			[],
		);
});
