/** The worst batteries, and the reasons. Levels, risks and limits come from the monitor; nothing is judged here. */
import { concerns, severity, urgentFirst, valueOf } from "./bank.ts";
import type { Alarm, BankString, Battery } from "./payload.ts";

export type Reason =
	| { readonly key: "no_answer" }
	| { readonly key: "alarm"; readonly alarm: Alarm; readonly value: number | null }
	| { readonly key: "risk"; readonly risk: string }
	| { readonly key: "deviation" | "ratio" | "rise"; readonly value: number };

export interface Ranked {
	readonly index: number;
	readonly score: number;
	readonly reasons: readonly Reason[];
}

const RISKS = ["stable", "watch", "weak", "replace"];
const SHARE = 0.5; // of the way to a limit, from which on a value is worth naming
const LIMITED = [
	{ key: "deviation", kind: "deviation", normal: 0 },
	{ key: "ratio", kind: "resistance_baseline", normal: 1 },
	{ key: "rise", kind: "temperature_rise", normal: 0 },
] as const;

/** Return at most `count` of some batteries with a reason, the worst first. */
export function worst(string: BankString, count: number, among: (battery: Battery) => boolean = () => true): Ranked[] {
	return string.batteries
		.flatMap((battery, index) => (among(battery) ? [ranking(string, index)] : []))
		.filter((one) => one.reasons.length)
		.sort((one, other) => other.score - one.score || one.index - other.index)
		.slice(0, count);
}

function ranking({ batteries, alarms, cells, limits }: BankString, index: number): Ranked {
	const number = batteries[index]?.number;
	const own = urgentFirst(alarms.filter((alarm) => concerns(alarm, number)));
	// The value of an alarm of several batteries is that of the worst of them, and an alarm of its own says more.
	const alone = new Set(own.flatMap(({ battery, kind }) => (battery === number ? [kind] : [])));
	const reasons: Reason[] = own
		.filter(({ battery, kind }) => battery === number || !alone.has(kind))
		.map((alarm) => ({ key: "alarm", alarm, value: alarm.battery === number ? valueOf(alarm) : null }));
	const offline = cells.contact[index] !== "answering";
	if (offline) reasons.push({ key: "no_answer" });
	const risk = cells.risk[index] ?? "";
	if (RISKS.indexOf(risk) > 0) reasons.push({ key: "risk", risk });
	let near = 0;
	for (const { key, kind, normal } of LIMITED) {
		const limit = limits[kind];
		const value = cells[key][index] ?? null;
		if (value === null) continue;
		const away = key === "deviation" ? Math.abs(value) : value - normal;
		const share = away / (limit.warning - normal);
		near = Math.max(near, share);
		if (share >= SHARE && !own.some((alarm) => alarm.kind === kind)) reasons.push({ key, value });
	}
	// Sorted by level, then risk, then distance to a limit: a battery in alarm is always before one that is only weak.
	const level = Math.max(severity(cells.level[index]), Number(offline));
	return { index, score: 100 * level + 10 * Math.max(0, RISKS.indexOf(risk)) + Math.min(9, near), reasons };
}
