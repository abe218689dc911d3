/**
 * The curves of a discharge, and of another one for comparison, with what each line means.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Curve} Curve
 * @typedef {import("./types").Point} Point
 * @typedef {import("./format.js").Format} Format
 * @typedef {import("./texts.js").Texts} Texts
 *
 * @typedef Played
 * @property {BankString} string
 * @property {Curve} curve
 * @property {Curve | null} other
 * @property {string | null} picked the battery that is looked at
 */
import { Chart, timeTicks } from "./chart.js";
import { el, svg } from "./dom.js";
import { voltDigits } from "./quantities.js";
import { average, lengthOf, violators } from "./replay.js";
import { clock } from "./string-panel.js";

const HEIGHT = 260; // px

/**
 * Return how long the longer one is, in s.
 *
 * @param {Curve} curve
 * @param {Curve | null} other
 */
export function longer(curve, other) {
  return Math.max(lengthOf(curve), other ? lengthOf(other) : 0);
}

/**
 * @param {Played} played
 * @param {number} width px
 * @param {Format} format
 * @param {Texts} texts
 * @returns {{chart: Chart, keys: Element[]}}
 */
export function replayChart({ string, curve, other, picked }, width, format, texts) {
  const count = string.batteries.length;
  const end = curve.limits.end_voltage;
  const mean = average(curve, count);
  const same = other && pointsOf(other, picked);
  const beside = same ?? (other ? average(other, count) : []);
  const numbers = new Map(string.batteries.map(({ id, number }) => [id, number]));
  const name = (/** @type {string} */ battery) => texts.say("battery", { number: numbers.get(battery) ?? "?" });
  const each = curve.curves.filter(({ battery }) => battery !== null);
  const failed = violators(curve).map(({ battery }) => battery);
  const length = longer(curve, other);
  const chart = new Chart(
    width,
    HEIGHT,
    { min: 0, max: length, ticks: timeTicks(length, width / 110), text: clock },
    { ...span([...each.map(({ points }) => points), beside], end), text: (value) => format.value(value, 1, "V") },
    failed.length ? `${texts.say("below_end")}: ${failed.map(name).join(", ")}` : texts.say("below_none"),
  );
  for (const bad of [false, true]) {
    for (const { battery, points } of each) {
      if (battery === null || failed.includes(battery) !== bad) continue;
      chart.line(points, bad ? "line bad" : "line").append(svg("title", {}, name(battery)));
    }
  }
  chart.line(mean, "line bold");
  const keys = [key("line bold", texts.say("average"))];
  if (failed.length) keys.push(key("line bad", texts.say("below_end")));
  const own = pointsOf(curve, picked);
  if (own && picked !== null) {
    chart.line(own, "line cursor");
    keys.push(key("line cursor", name(picked)));
  }
  if (other) {
    chart.line(beside, "line other");
    const what = same && picked !== null ? name(picked) : texts.say("average");
    keys.push(key("line other", `${texts.say("compared", { time: format.moment(other.start) })}: ${what}`));
  }
  chart.limit(end, "alarm", texts.say("end_voltage", { limit: format.value(end, voltDigits(string), "V") }), true);
  return { chart, keys };
}

/**
 * @param {Curve} curve
 * @param {string | null} battery
 */
function pointsOf(curve, battery) {
  return battery === null ? undefined : curve.curves.find((one) => one.battery === battery)?.points;
}

/**
 * Return the voltages that the drawing needs.
 *
 * @param {Point[][]} lines
 * @param {number} end
 */
function span(lines, end) {
  let [low, high] = [end, end];
  for (const points of lines) {
    for (const [, voltage] of points) {
      if (voltage < low) low = voltage;
      if (voltage > high) high = voltage;
    }
  }
  const spare = 0.05 * (high - low || 1);
  return { min: low - spare, max: high + spare };
}

/**
 * @param {string} line its class
 * @param {string} text
 */
function key(line, text) {
  const stroke = svg("path", { class: line, d: "M0,5L28,5" });
  const drawing = svg(
    "svg",
    { class: "chart", style: "width: 28px", width: 28, height: 10, "aria-hidden": "true" },
    stroke,
  );
  return el("li", {}, drawing, text);
}
