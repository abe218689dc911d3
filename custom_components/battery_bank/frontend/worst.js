/**
 * Which batteries stand out, and why. It judges nothing itself: levels, risks and limits are the monitor's.
 *
 * @typedef {import("./types").BankString} BankString
 *
 * @typedef {{key: "no_answer"} | {key: "alarm", alarm: import("./types").Alarm}
 *   | {key: "risk", risk: string} | {key: "deviation" | "ratio" | "rise", value: number}} Reason
 * @typedef {{index: number, score: number, reasons: Reason[]}} Ranked
 */
import { severity, urgentFirst } from "./state.js";

const RISKS = ["stable", "watch", "weak", "replace"];
const SHARE = 0.5; // of the way to a limit, from which on a value is worth naming

/**
 * Return the batteries that stand out, the worst first.
 *
 * Level before risk before how near a limit is: a battery in alarm is never behind one that is merely weak.
 *
 * @param {BankString} string
 * @param {number} count at most
 * @returns {Ranked[]}
 */
export function worst(string, count) {
  const ranked = string.batteries.map((_, index) => ranking(string, index));
  return ranked
    .filter((one) => one.reasons.length)
    .sort((one, other) => other.score - one.score || one.index - other.index)
    .slice(0, count);
}

/**
 * @param {BankString} string
 * @param {number} index
 * @returns {Ranked}
 */
function ranking(string, index) {
  const { cells, limits } = string;
  const number = string.batteries[index].number;
  /** @type {Reason[]} */
  const reasons = urgentFirst(string.alarms.filter((alarm) => alarm.battery === number)).map((alarm) => ({
    key: "alarm",
    alarm,
  }));
  if (cells.contact[index] === "lost") reasons.push({ key: "no_answer" });
  const risk = cells.risk[index];
  if (risk && RISKS.indexOf(risk) > 0) reasons.push({ key: "risk", risk });
  const named = new Set(reasons.map((reason) => (reason.key === "alarm" ? reason.alarm.kind : "")));
  let near = 0;
  /** @type {[Reason["key"], string, number | null, number][]} */
  const values = [
    ["deviation", "deviation", cells.deviation[index], 0],
    ["ratio", "resistance_baseline", cells.ratio[index], 1],
    ["rise", "temperature_rise", cells.rise[index], 0],
  ];
  for (const [key, kind, value, normal] of values) {
    const limit = limits[kind];
    if (value === null || value === undefined || !limit) continue;
    const away = key === "deviation" ? Math.abs(value) : value - normal;
    const share = away / (limit.warning - normal);
    near = Math.max(near, share);
    if (share >= SHARE && !named.has(kind)) reasons.push(/** @type {Reason} */ ({ key, value }));
  }
  const lost = Number(cells.contact[index] === "lost");
  const level = Math.max(severity(cells.level[index]), lost);
  const score = 100 * level + 10 * Math.max(0, RISKS.indexOf(risk ?? "")) + Math.min(9, near);
  return { index, score, reasons };
}
