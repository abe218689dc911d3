// The worst batteries, and the reasons. Levels, risks and limits come from the monitor; nothing is judged here.
import {concerns, severity, urgentFirst} from "./state.js"

const RISKS = ["stable", "watch", "weak", "replace"]
const SHARE = 0.5 // of the way to a limit, from which on a value is worth naming

/** @param {BankString} string @param {number} count at most */
export function worst(string, count) {
	return string.batteries
		.map((_, index) => ranking(string, index))
		.filter((one) => one.reasons.length)
		.sort((one, other) => other.score - one.score || one.index - other.index)
		.slice(0, count)
}

/** @param {BankString} string @param {number} index @returns {Ranked} */
function ranking({batteries, alarms, cells, limits}, index) {
	const {number} = batteries[index]
	const own = urgentFirst(alarms.filter((alarm) => concerns(alarm, number)))
	/** @type {Reason[]} */
	const reasons = own.map((alarm) => ({key: "alarm", alarm}))
	const offline = cells.contact[index] !== "answering"
	if (offline) reasons.push({key: "no_answer"})
	const risk = cells.risk[index] ?? ""
	if (RISKS.indexOf(risk) > 0) reasons.push({key: "risk", risk})
	let near = 0
	for (const [key, kind, normal] of /** @type {const} */ ([
		["deviation", "deviation", 0],
		["ratio", "resistance_baseline", 1],
		["rise", "temperature_rise", 0],
	])) {
		const limit = limits[kind]
		const value = cells[key][index] ?? null
		if (value === null || !limit) continue
		const away = key === "deviation" ? Math.abs(value) : value - normal
		const share = away / (limit.warning - normal)
		near = Math.max(near, share)
		if (share >= SHARE && !own.some((alarm) => alarm.kind === kind)) reasons.push({key, value})
	}
	// Sorted by level, then risk, then distance to a limit: a battery in alarm is always before one that is only weak.
	const level = Math.max(severity(cells.level[index]), Number(offline))
	return {index, score: 100 * level + 10 * Math.max(0, RISKS.indexOf(risk)) + Math.min(9, near), reasons}
}
