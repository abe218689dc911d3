// The curves of a discharge, and of another one for comparison, with what each line means.
import { Chart, timeTicks } from "./chart.js";
import { el, svg } from "./dom.js";
import { clock } from "./format.js";
import { voltDigits } from "./quantities.js";
import { average, lengthOf, violators } from "./replay.js";

const HEIGHT = 260; // px

/** Return how long the longer one is, in s. @param {Curve} curve @param {Curve | null} other */
export function longer(curve, other) {
	return Math.max(lengthOf(curve), other ? lengthOf(other) : 0);
}

/** @param {Played} played @param {number} width px @param {Format} format @param {Texts} texts */
export function replayChart({ string, curve, other, picked }, width, format, { say }) {
	const count = string.batteries.length;
	const end = curve.limits.end_voltage;
	const numbers = new Map(string.batteries.map(({ id, number }) => [id, number]));
	const name = (/** @type {string} */ battery) => say("battery", { number: numbers.get(battery) ?? "?" });
	const same = other && pointsOf(other, picked);
	const beside = same ?? (other ? average(other, count) : []);
	const each = curve.curves.filter(({ battery }) => battery !== null);
	const failed = violators(curve).map(({ battery }) => battery);
	const length = longer(curve, other);
	const chart = new Chart(
		width,
		HEIGHT,
		{ min: 0, max: length, ticks: timeTicks(length, width / 110), text: clock },
		{ ...span([...each.map(({ points }) => points), beside], end), text: (value) => format.value(value, 1, "V") },
		failed.length ? `${say("below_end")}: ${failed.map(name).join(", ")}` : say("below_none"),
	);
	for (const bad of [false, true]) {
		for (const { battery, points } of each) {
			if (battery === null || failed.includes(battery) !== bad) continue;
			chart.line(points, bad ? "line bad" : "line").append(svg("title", name(battery)));
		}
	}
	/** @type {Element[]} */
	const keys = [];
	/** @param {string} line @param {string} text */
	const key = (line, text) => {
		const attributes = { class: "chart", style: "width: 28px", width: 28, height: 10, "aria-hidden": "true" };
		keys.push(el("li", svg("svg", attributes, svg("path", { class: line, d: "M0,5L28,5" })), text));
	};
	chart.line(average(curve, count), "line bold");
	key("line bold", say("average"));
	if (failed.length) key("line bad", say("below_end"));
	const own = pointsOf(curve, picked);
	if (own && picked) {
		chart.line(own, "line cursor");
		key("line cursor", name(picked));
	}
	if (other) {
		chart.line(beside, "line other");
		const what = same && picked ? name(picked) : say("average");
		key("line other", `${say("compared", { time: format.moment(other.start) })}: ${what}`);
	}
	chart.limit(end, "alarm", say("end_voltage", { limit: format.value(end, voltDigits(string), "V") }), true);
	return { chart, keys };
}

/** @param {Curve} curve @param {string | null} battery */
function pointsOf(curve, battery) {
	return battery === null ? undefined : curve.curves.find((one) => one.battery === battery)?.points;
}

/** Return the voltages that the drawing needs. @param {Point[][]} lines @param {number} end */
function span(lines, end) {
	let [low, high] = [end, end];
	for (const [, voltage] of lines.flat()) {
		low = Math.min(low, voltage);
		high = Math.max(high, voltage);
	}
	const spare = 0.05 * (high - low || 1);
	return { min: low - spare, max: high + spare };
}
