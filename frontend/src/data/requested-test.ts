/** A resistance test of one battery that was requested: what became of it. */
import type { Context } from "./context.ts";
import type { BankString, BatteryDetail } from "./payload.ts";

const SOON = 30_000; // ms after a request, until which the progress of its test is known
const ALL = 100; // %

/** Whether a resistance test of the string runs or waits. */
export function testsWait(string: BankString | undefined): boolean {
	const progress = string?.values.resistance_test_progress ?? null;
	return progress !== null && progress < ALL;
}

export class RequestedTest {
	readonly #at: number; // ms since 1970
	readonly #before: number | undefined; // when the battery was tested last before, s since 1970
	#ran = false;

	constructor(at: number, before: number | undefined) {
		this.#at = at;
		this.#before = before;
	}

	/** Remember what the feed says of the battery at this index. */
	follow(string: BankString, index: number): void {
		this.#ran ||= (string.cells.testing[index] ?? false) || testsWait(string);
	}

	/** What has become of it by `now`, in ms since 1970; undefined if it waits, empty when it is over without a result. */
	text(
		string: BankString,
		index: number,
		detail: BatteryDetail | undefined,
		{ say, format }: Context,
		now: number,
	): string | undefined {
		if (string.cells.testing[index]) return say("testing");
		const last = detail?.tests.at(-1)?.[0];
		if (last !== undefined && last > (this.#before ?? 0)) return say("tested", { time: format.moment(last) });
		const over = !testsWait(string) && (this.#ran || now - this.#at > SOON);
		return over || string.values.discharge_start !== null ? "" : undefined;
	}
}
