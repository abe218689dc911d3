/** The recorded discharges of a string, of which one can be chosen. */
import { css, html, nothing, type TemplateResult } from "lit";

import type { Context } from "../data/context.ts";
import type { BankString, Discharge, Line } from "../data/payload.ts";
import { statusOf } from "../data/status.ts";

export const listStyle = css`
	.list {
		display: flex;
		align-items: stretch;
		gap: 8px;
		overflow: auto;
		padding: 3px;
		button {
			flex: none;
			display: grid;
			gap: 2px;
			min-height: 64px;
			padding: 8px 14px;
			text-align: left;
		}
		[aria-pressed="true"] {
			border: 2px solid var(--text);
			padding: 7px 13px;
		}
	}
	@container (min-width: 900px) {
		.list {
			flex-direction: column;
			max-height: 640px;
		}
	}
`;

interface List {
	discharges: readonly Discharge[];
	/** The start of the shown one. */
	chosen: number | undefined;
	choose: (start: number) => void;
	/** Loads the ones before these; false without any. */
	earlier: false | (() => void);
}

export function dischargeList(
	list: List,
	string: BankString,
	line: Line | undefined,
	context: Context,
): TemplateResult {
	const { say, format } = context;
	const seen = statusOf(string, line).monitored > 0;
	const { discharges, chosen, choose, earlier } = list;
	return html`<div class="list" role="group" aria-label=${say("discharges")}>
		${discharges.map(
			(one) => html`
				<button aria-pressed=${one.start === chosen} @click=${() => choose(one.start)}>
					<strong>${format.moment(one.start)}</strong>
					${factsOf(one, string, seen, context).map((line) => html`<span class="small faint">${line}</span>`)}
				</button>
			`,
		)}
		${earlier ? html`<button @click=${earlier}>${say("earlier")}</button>` : nothing}
	</div>`;
}

/** `seen` is whether the string is monitored: otherwise it is unknown whether a discharge goes on. */
function factsOf(one: Discharge, string: BankString, seen: boolean, { say, format }: Context): string[] {
	const running = () =>
		seen
			? [say("running"), format.duration(Date.now() / 1000 - one.start)]
			: [say("last_seen", { time: format.clock(one.start) })];
	const facts = one.end === null ? running() : [format.duration(one.end - one.start)];
	if (one.drawn !== null) facts.push(format.value(one.drawn, 1, "Ah"));
	const lines = [facts.join(" · ")];
	if (one.lowest_battery !== null) {
		const value = format.volts(one.lowest_voltage, string);
		lines.push(say("lowest_battery", { number: one.lowest_battery, value }));
	}
	if (one.interrupted) lines.push(say("interrupted"));
	return lines;
}

/** A discharge with what the feed knows of the one under way. */
export type Present = Discharge & {
	/** s whose Ah are counted; null if not all are known. Of a discharge that is over, all of it is counted. */
	measured?: number | null;
};

/** Return the discharge under way with what the feed knows of it now; another one as it is. */
export function withPresent(one: Discharge, { values }: BankString): Present {
	if (one.end !== null || one.start !== values.discharge_start) return one;
	const { lowest_voltage: lowest } = one;
	const lower = values.lowest_voltage !== null && (lowest === null || values.lowest_voltage < lowest);
	return {
		...one,
		drawn: values.discharge_drawn,
		measured: values.discharge_measured,
		...(lower && { lowest_voltage: values.lowest_voltage, lowest_battery: values.lowest_battery }),
	};
}
