/** The state of all lines and strings, and the order in which they are shown. */
import { flowAfter } from "./flow.ts";
import type { Alarm, BankString, CellChanges, Cells, Level, Line, Message, StringUpdate } from "./payload.ts";
import { statusOf, WORST } from "./status.ts";

/**
 * The state of all lines and strings. It is immutable: a message makes a new state, in which everything that the message
 * does not name is the same object as before. So a change is found by comparing identities.
 */
export interface Bank {
	readonly version: string;
	readonly lines: ReadonlyMap<string, Line>;
	readonly strings: ReadonlyMap<string, BankString>;
}

/** Return the state after a message; null if a snapshot is needed. */
export function applied(bank: Bank | null, message: Message): Bank | null {
	if (message.kind === "snapshot") {
		const { version, at, lines, strings } = message;
		const followed = strings.map((string) => withFlow(string, bank?.strings.get(string.id), at));
		return { version, lines: byId(lines), strings: byId(followed) };
	}
	if (!bank || (message.kind as string) !== "update") return bank; // a kind of a later version changes nothing
	const { lines, strings } = message;
	if (!lines.length && !strings.length) return bank;
	const changed = new Map(bank.strings);
	for (const update of strings) {
		const string = changed.get(update.id);
		if (!string) return null;
		changed.set(update.id, withFlow(updated(string, update), string, message.at));
	}
	return {
		version: bank.version,
		lines: lines.length ? new Map([...bank.lines, ...byId(lines)]) : bank.lines,
		strings: strings.length ? changed : bank.strings,
	};
}

function byId<T extends { id: string }>(items: readonly T[]): Map<string, T> {
	return new Map(items.map((item) => [item.id, item]));
}

function withFlow(string: BankString, before: BankString | undefined, at: number): BankString {
	return { ...string, flow: flowAfter(before?.flow, string, at) };
}

function updated(string: BankString, { values, cells, alarms, pending }: StringUpdate): BankString {
	return {
		...string,
		values: values ? { ...string.values, ...values } : string.values,
		cells: cells ? withChanges(string.cells, cells, string.batteries.length) : string.cells,
		alarms: alarms ?? string.alarms,
		pending: pending ?? string.pending,
	};
}

function withChanges(cells: Cells, changes: CellChanges, count: number): Cells {
	const columns: Record<string, unknown[]> = { ...cells };
	for (const [key, changed] of Object.entries(changes)) {
		const column = columns[key]?.slice() ?? new Array<unknown>(count).fill(null);
		for (const [index, value] of Object.entries(changed)) column[Number(index)] = value;
		columns[key] = column;
	}
	return columns as unknown as Cells;
}

const named = new WeakMap<BankString, BankString>();

/** Return the state with the line of a string in its name, where strings of several lines have the same name. */
export function withLineNames(bank: Bank): Bank {
	const counts = new Map<string, number>();
	for (const { name } of bank.strings.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
	if (counts.size === bank.strings.size) return bank;
	const strings = new Map(bank.strings);
	for (const [id, string] of bank.strings) {
		if (counts.get(string.name) === 1) continue;
		const line = bank.lines.get(string.line)?.name ?? "";
		const known = named.get(string);
		const name = `${string.name} (${line})`;
		const shown = known?.name === name ? known : { ...string, name };
		named.set(string, shown); // the same object as long as the string is the same
		strings.set(id, shown);
	}
	return { ...bank, strings };
}

export function byName(one: BankString, other: BankString): number {
	return one.name.localeCompare(other.name, undefined, { numeric: true });
}

/** Strings with a line that is down first, then the worst status, then the most alarms that are not acknowledged. */
export function worstFirst(strings: Iterable<BankString>, lines: ReadonlyMap<string, Line>): BankString[] {
	return ranked([...strings].sort(byName), (string) => {
		const line = lines.get(string.line);
		return [
			line?.down ? 0 : 1,
			WORST.indexOf(statusOf(string, line).standing),
			-string.alarms.filter((alarm) => !alarm.acknowledged_by).length,
		];
	});
}

/** Test alarms last; alarms that are not acknowledged first; of these the ones of the highest level; of these the newest. */
export function urgentFirst<T extends Pick<Alarm, "level" | "acknowledged_by" | "since" | "drill">>(
	alarms: readonly T[],
): T[] {
	return ranked(alarms, ({ level, acknowledged_by, since, drill }) => [
		Number(drill),
		acknowledged_by === null ? 0 : 1,
		-severity(level),
		-since,
	]);
}

/** The value of an alarm now; without any later one, that with which it was raised; null while it is unknown. */
export function valueOf({
	value,
	value_now,
	value_at,
}: Pick<Alarm, "value" | "value_now" | "value_at">): number | null {
	return value_now ?? (value_at === null ? value : null);
}

/** Whether an alarm is about the battery with this number, alone or among several. */
export function concerns(
	{ battery, batteries }: Pick<Alarm, "battery" | "batteries">,
	number: number | undefined,
): boolean {
	return number !== undefined && (battery === number || batteries.includes(number));
}

export function severity(level: Level | null | undefined): number {
	return level === "alarm" ? 2 : level === "warning" ? 1 : 0;
}

/** Return the items by their ranks, the least first. */
function ranked<T>(items: readonly T[], rank: (item: T) => number[]): T[] {
	return items
		.map((item) => ({ item, rank: rank(item) }))
		.sort((one, other) => {
			const at = one.rank.findIndex((value, index) => value !== other.rank[index]);
			return at < 0 ? 0 : (one.rank[at] ?? 0) - (other.rank[at] ?? 0);
		})
		.map(({ item }) => item);
}
