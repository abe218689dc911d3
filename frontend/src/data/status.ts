/** The status of a string and of a battery: the only source of badges, of "no alarm" and of "monitored". */
import { concerns } from "./bank.ts";
import type { BankString, Level, Line, Pending } from "./payload.ts";

/**
 * pending: a value is beyond a limit, and its alarm waits for the delay; partly: some module is offline, or the journal
 * is failing; not_monitored: no battery is online; testing: a resistance test is running.
 */
export type Standing = Level | "pending" | "not_monitored" | "partly" | "testing";

export interface Status {
	readonly standing: Standing;
	/** Whether there are alarms, and all of them are acknowledged. */
	readonly acknowledged: boolean;
	/** The number of batteries whose module is online. */
	readonly monitored: number;
	readonly total: number;
	readonly pending: readonly Pending[];
	/** The numbers of the batteries whose resistance is being tested. */
	readonly testing: readonly number[];
	readonly stringModuleOffline: boolean;
	readonly journalFailing: boolean;
}

/** What a status can be, the worst first. */
export const WORST: readonly Standing[] = ["alarm", "not_monitored", "warning", "pending", "partly", "testing", "ok"];

/** Return the status of a string. Nothing of a line that is down or not set up is monitored. */
export function statusOf(string: BankString, line: Line | undefined): Status {
	const { batteries, cells, values, alarms } = string;
	const works = line !== undefined && line.loaded && line.down === null;
	const monitored = works ? cells.contact.filter((contact) => contact === "answering").length : 0;
	const total = batteries.length;
	const pending = works ? pendingOf(string) : [];
	const testing = batteries.filter((_, index) => cells.testing[index]).map(({ number }) => number);
	const { string_module: module, level } = values;
	const stringModuleOffline = works && module !== null && module !== "answering";
	const journalFailing = line?.journal_failing ?? false;
	const raised = alarms.filter(({ drill }) => !drill);
	const standing = ((): Standing => {
		if (level === "alarm" || level === "warning") return level;
		if (monitored === 0 || level === null) return "not_monitored";
		if (pending.length) return "pending";
		if (monitored < total || stringModuleOffline || journalFailing) return "partly";
		return testing.length ? "testing" : "ok";
	})();
	return {
		standing,
		acknowledged: raised.length > 0 && raised.every((alarm) => alarm.acknowledged_by !== null),
		monitored,
		total,
		pending,
		testing,
		stringModuleOffline,
		journalFailing,
	};
}

/** Return the pending alarms, without those that a raised alarm of the same kind includes. */
export function pendingOf({ pending, alarms }: BankString): Pending[] {
	const included = (one: Pending) =>
		alarms.some(
			(alarm) =>
				!alarm.drill &&
				alarm.kind === one.kind &&
				(one.battery === null || alarm.battery === null || concerns(alarm, one.battery)),
		);
	return pending.filter((one) => !included(one)).sort((one, other) => (one.due ?? Infinity) - (other.due ?? Infinity));
}

const FEW = 3; // batteries beyond the same limit, up to which each is named

/** Pending alarms of a kind: of one battery, of the string, or of many batteries. */
export interface PendingGroup extends Pick<Pending, "kind" | "level" | "due"> {
	/** The numbers of the batteries, in ascending order; none if the alarm is of the string. */
	readonly batteries: readonly number[];
}

/** Return the pending alarms, with those of many batteries beyond the same limit as one that is due with its first. */
export function groupedPending(pending: readonly Pending[]): PendingGroup[] {
	const key = ({ kind, level, battery }: Pending) => (battery === null ? null : `${kind} ${level}`);
	return pending.flatMap((one, index): PendingGroup[] => {
		const { kind, level, due, battery } = one;
		const same = battery === null ? [] : pending.filter((other) => key(other) === key(one));
		if (same.length <= FEW) return [{ kind, level, due, batteries: battery === null ? [] : [battery] }];
		if (pending.indexOf(same[0] ?? one) !== index) return [];
		const times = same.flatMap((other) => other.due ?? []);
		const batteries = same.flatMap((other) => other.battery ?? []).sort((first, second) => first - second);
		return [{ kind, level, due: times.length ? Math.min(...times) : null, batteries }];
	});
}

/** Return the status of one battery. An alarm is shown for a battery that is offline, too. */
export function standingOf(string: BankString, index: number): Standing {
	const { contact, level, testing } = string.cells;
	const raised = level[index];
	if (raised === "alarm" || raised === "warning") return raised;
	if (contact[index] !== "answering") return "not_monitored";
	const number = string.batteries[index]?.number;
	if (pendingOf(string).some(({ battery }) => battery === number)) return "pending";
	return testing[index] ? "testing" : "ok";
}
