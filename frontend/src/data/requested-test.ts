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
	#ran = false; // whether a test of the string ran or waited since
	#began = false; // whether that of the battery did

	constructor(at: number, before: number | undefined) {
		this.#at = at;
		this.#before = before;
	}

	/** Remember what the feed says of the battery at this index. */
	follow(string: BankString, index: number): void {
		this.#began ||= string.cells.testing[index] ?? false;
		this.#ran ||= this.#began || testsWait(string);
	}

	/**
	 * What has become of it by `now`, in ms since 1970; undefined while it waits, or while it is over and its result may be
	 * in a new `detail`, which is `pending`.
	 */
	text(
		string: BankString,
		index: number,
		detail: BatteryDetail | undefined,
		{ say, format }: Pick<Context, "say" | "format">,
		now: number,
		pending: boolean,
	): string | undefined {
		if (string.cells.testing[index]) return say("testing");
		const last = detail?.tests.at(-1)?.[0];
		if (last !== undefined && last > (this.#before ?? 0)) return say("tested", { time: format.moment(last) });
		const discharge = string.values.discharge_start !== null;
		const over = discharge || (!testsWait(string) && (this.#ran || now - this.#at > SOON));
		if (!over || pending) return undefined;
		const offline = string.cells.contact[index] !== "answering";
		const otherwise = discharge ? "test_in_discharge" : this.#began ? "test_without_result" : "test_not_begun";
		return say("failed", { reason: say(offline ? "why_no_answer" : otherwise) });
	}
}
