/** The alarms of the journal, of several strings. */
import type { Context } from "./context.ts";
import type { Alarm, BankString, PastAlarm } from "./payload.ts";

export type Of<T> = T & { of: BankString };

export interface PastAlarms {
	readonly alarms: readonly { readonly string: string; readonly alarm: PastAlarm }[];
	/** How many pages of each string are loaded, and whether there are more. */
	readonly pages: number;
	readonly more: boolean;
}

/** Return what tells whether an alarm was raised or cleared since the alarms of the journal were loaded. */
export function idsOf(strings: readonly BankString[]): string {
	return strings.map(({ id, alarms }) => [id, ...alarms.map((alarm: Alarm) => alarm.id)].join()).join(";");
}

/** Load so many pages of each string. */
export async function loadPast(
	strings: readonly BankString[],
	context: Context,
	pages: number,
	limit: number,
): Promise<PastAlarms> {
	const load = async ({ id: string }: BankString) => {
		const found: PastAlarm[] = [];
		let more = true;
		for (let page = 0; page < pages && more; page++) {
			const answer = await context.ask("alarms", { string, limit, offset: page * limit });
			found.push(...answer.alarms);
			({ more } = answer);
		}
		return { alarms: found.map((alarm) => ({ string, alarm })), more };
	};
	const answers = await Promise.all(strings.map(load));
	return { alarms: answers.flatMap(({ alarms }) => alarms), pages, more: answers.some(({ more }) => more) };
}

/** Return the cleared ones of some strings, the last that was cleared first. */
export function clearedOf(past: PastAlarms | undefined, strings: readonly BankString[]): Of<PastAlarm>[] {
	const byId = new Map(strings.map((string) => [string.id, string]));
	const all = (past?.alarms ?? []).flatMap(({ string, alarm }): Of<PastAlarm>[] => {
		const of = byId.get(string);
		return of && alarm.cleared !== null ? [{ ...alarm, of }] : [];
	});
	return all.sort((one, other) => (other.cleared ?? 0) - (one.cleared ?? 0));
}
