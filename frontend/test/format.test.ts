import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, Format, partsOf } from "../src/data/format.ts";
import type { Hass, Locale } from "../src/data/hass.ts";
import { type Say, type TextKey, Texts, textsOf } from "../src/data/texts.ts";
import { madeHass, madeSnapshot } from "./made.ts";

const format = (more: Partial<Hass> = {}) => new Format({ ...madeHass(madeSnapshot()), ...more });
const locale = (language: string, more: Partial<Locale> = {}) => ({
	locale: { language, number_format: "language", ...more },
});

test("numbers as the user writes them", () => {
	assert.equal(format().value(-12, 0, "mV", true), "−12\u00a0mV");
	assert.equal(format().value(12, 0, "mV", true), "+12\u00a0mV");
	assert.equal(format().value(0, 0, "mV", true), "0\u00a0mV");
	assert.equal(format(locale("de")).number(1234.5, 1), "1.234,5");
	assert.equal(format(locale("de", { number_format: "comma_decimal" })).number(1234.5, 1), "1,234.5");
	assert.equal(format(locale("en", { number_format: "none" })).number(1234.5, 1), "1234.5");
});

test("Chinese has no space before a per cent sign, and no comma between a day and its time", () => {
	const chinese = format({ ...locale("zh-Hans"), config: { time_zone: "UTC" } });
	assert.equal(chinese.percent(1.35), "135%");
	assert.equal(chinese.value(12, 0, "V"), "12\u00a0V");
	assert.match(chinese.clock(Date.UTC(2025, 10, 7, 8, 4) / 1000), /^11月7日 \d\d:\d\d$/);
	assert.match(format(locale("de")).clock(Date.UTC(2025, 10, 7, 8, 4) / 1000), /^7\. Nov\., \d\d:\d\d$/);
	assert.deepEqual(partsOf("135%"), ["135", "%"]);
	assert.deepEqual(partsOf("1\u00a0234\u00a0V"), ["1", "234", "V"]);
});

test("what is not known is a dash, without a unit", () => {
	for (const nothing of [null, undefined, NaN]) assert.equal(format().value(nothing, 2, "V"), "–");
	assert.equal(format().temperature(null), "–");
	assert.equal(format().rise(null), "–");
	assert.equal(format().duration(null), "–");
	assert.equal(format().moment(null), "–");
	assert.equal(clock(null), "–");
});

test("temperatures in the unit of the house, differences without its zero", () => {
	const american = format({ config: { unit_system: { temperature: "°F" } } });
	assert.equal(american.temperature(25), "77.0\u00a0°F");
	assert.equal(american.rise(5), "+9.0\u00a0°F");
	assert.equal(format().rise(5), "+5.0\u00a0K");
});

test("a resistance has as many digits as the modules resolve", () => {
	assert.equal(format().milliohms(0.217, { milliohm_decimals: 3 }), "0.217\u00a0mΩ");
	assert.equal(format().milliohms(4.2, { milliohm_decimals: 3 }), "4.200\u00a0mΩ");
	assert.equal(format().milliohms(4.25, { milliohm_decimals: 2 }), "4.25\u00a0mΩ");
	assert.equal(format().milliohms(null, { milliohm_decimals: 3 }), "–");
});

test("what an alarm measured keeps its unit; ratios are per cent", () => {
	assert.equal(format().measured(1.56, "×"), "1.56\u00a0×");
	assert.equal(format().measured(-0.372, "V"), "−0.372\u00a0V");
	assert.equal(format().measured(13.25, "V"), "13.25\u00a0V");
	// `tests/test_alarm_texts.py` has the same table.
	const table: [number, string, string, string][] = [
		[0, "×", "cells", "0.00\u00a0cells"],
		[1.6, "×", "cells", "1.60\u00a0cells"],
		[1.5, "×", "", "1.50\u00a0×"],
		[2, "×", "", "2\u00a0×"],
		[12.996, "V", "", "13.00\u00a0V"],
		[2.1, "V", "", "2.100\u00a0V"],
		[-0.372, "V", "", "−0.372\u00a0V"],
		[30, "A", "", "30.0\u00a0A"],
		[45.04, "°C", "", "45.0\u00a0°C"],
		[6.2, "K", "", "6.2\u00a0K"],
		[3, "d", "", "3.0\u00a0d"],
		[3, "d", "j", "3.0\u00a0j"],
		[7.5, "h", "", "7.5\u00a0h"],
		[0.25, "min", "", "15\u00a0s"],
		[14.9, "min", "", "15\u00a0min"],
		[1440, "min", "", "24\u00a0h\u00a000\u00a0min"],
	];
	for (const [value, unit, word, written] of table) assert.equal(format().measured(value, unit, word), written);
	assert.equal(format().measured(null, "V"), "–");
	assert.equal(format().measured(null, "min"), "–");
});

test("numbers and dates follow the language of the texts, in the user's region", () => {
	const shown = (language: string, texts: string, more: Partial<Locale> = {}) =>
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
	// `tests/test_alarm_texts.py` has the same table: s, to the nearest, and what is left of it.
	const table: [number, string, string][] = [
		[0, "0 s", "0 s"],
		[42.6, "43 s", "42 s"],
		[59.4, "59 s", "59 s"],
		[59.6, "1 min", "59 s"],
		[462, "8 min", "7 min"], // 7:42
		[3569, "59 min", "59 min"],
		[3570, "1 h 00 min", "59 min"],
		[4830, "1 h 21 min", "1 h 20 min"],
		[180000, "50 h 00 min", "50 h 00 min"],
	];
	for (const [seconds, nearest, left] of table) {
		assert.equal(format().duration(seconds).replaceAll("\u00a0", " "), nearest);
		assert.equal(format().duration(seconds, true).replaceAll("\u00a0", " "), left);
	}
	assert.equal(format().duration(42), "42\u00a0s");
	assert.equal(format().duration(720), "12\u00a0min");
	assert.equal(format().duration(7500), "2\u00a0h\u00a005\u00a0min");
	assert.equal(clock(7505), "2:05\u00a0h");
	assert.equal(clock(7505, true), "2:05:05\u00a0h");
});

test("times in the zone of the server, if the user wants that", () => {
	const there = format({
		...locale("en", { time_zone: "server", time_format: "24" }),
		config: { time_zone: "Asia/Tokyo" },
	});
	assert.match(there.moment(1_700_000_000), /07:13/);
});

test("a text has its braces filled in; one that is missing shows its key", () => {
	const texts = new Texts({ battery: "Battery {number}" });
	assert.equal(texts.say("battery", { number: 7 }), "Battery 7");
	assert.equal(texts.say("nothing" as TextKey), "nothing");
	assert.equal(texts.or("alarm.x", "said by the server"), "said by the server");
});

test("texts are loaded once for a language, and again after a failure", async () => {
	const hass = madeHass(madeSnapshot(), { ok: "OK" });
	await Promise.all([textsOf(hass.connection, "de"), textsOf(hass.connection, "de")]);
	assert.equal(hass.asked.length, 1);
	const { connection } = hass;
	const answering = connection.sendMessagePromise.bind(connection);
	hass.connection.sendMessagePromise = () => Promise.reject(new Error("gone"));
	await assert.rejects(textsOf(hass.connection, "fr"));
	hass.connection.sendMessagePromise = answering;
	const french = await textsOf(hass.connection, "fr");
	const say: Say = french.say;
	assert.equal(say("ok"), "OK");
	assert.equal(french.language, "fr");
});

test("a time that the clocks show twice has its offset", () => {
	const { locale: made } = madeHass(madeSnapshot());
	const london = format({ locale: { ...made, time_zone: "server" }, config: { time_zone: "Europe/London" } });
	const at = (hour: number, minute: number) => Date.UTC(2026, 9, 25, hour, minute) / 1000;
	assert.match(london.moment(at(0, 50)), /01:50\u00a0\+01:00$/);
	assert.match(london.moment(at(1, 10)), /01:10\u00a0\+00:00$/);
	assert.match(london.moment(at(2, 0)), /02:00$/);
	assert.match(london.moment(at(-1, 59)), /00:59$/);
	assert.match(london.moment(Date.UTC(2026, 2, 29, 1, 0) / 1000), /02:00$/);
	const howe = format({ locale: { ...made, time_zone: "server" }, config: { time_zone: "Australia/Lord_Howe" } });
	assert.match(howe.moment(Date.UTC(2026, 3, 4, 14, 45) / 1000), /01:45\u00a0\+11:00$/); // by half an hour
	assert.match(howe.moment(Date.UTC(2026, 3, 4, 15, 15) / 1000), /01:45\u00a0\+10:30$/);
});
