/** A discharge in figures, beside those of another one. */
import { css, html, nothing, type TemplateResult } from "lit";

import type { Context } from "../data/context.ts";
import type { Maybe } from "../data/format.ts";
import type { BankString, Discharge } from "../data/payload.ts";
import type { Present } from "./discharge-list.ts";

const MINUTE = 60; // s
const HOUR = 3600; // s

export const summaryStyle = css`
	.summary {
		width: 100%;
		border-collapse: collapse;
		font-size: 15px;
		caption {
			padding-bottom: 6px;
			font-size: 16px;
			font-weight: 500;
			text-align: left;
		}
		th,
		td {
			padding: 7px 12px 7px 0;
			border-top: 1px solid var(--rule);
			text-align: right;
			font-weight: 400;
			vertical-align: top;
		}
		:is(th, td):first-child {
			text-align: left;
		}
		:is(th, td):last-child {
			padding-right: 0;
		}
		th {
			color: var(--faint);
		}
		tbody td {
			white-space: nowrap;
		}
		td:nth-child(2) {
			font-weight: 500;
		}
	}
	@container (max-width: 520px) {
		.summary {
			font-size: 13px;
			:is(th, td) {
				padding-right: 8px;
			}
			tbody td {
				white-space: normal;
			}
			/* Chinese has no spaces between words: a date or a battery is not broken in its midst. */
			:is(thead th, tbody td) {
				word-break: keep-all;
			}
			tr > :first-child {
				width: 28%;
			}
			tbody th {
				hyphens: auto;
				overflow-wrap: anywhere;
			}
		}
	}
`;

interface Row {
	name: string;
	value: (one: Discharge) => Maybe;
	text: (value: Maybe, one: Discharge) => string;
	/** A difference in words; without it none is shown. */
	difference?: (value: number) => string;
}

/** The length of a discharge in s, to the minutes that are shown: the difference is that of what is shown. */
function shownLength(discharge: Discharge): number {
	const seconds = lengthOf(discharge);
	return seconds < MINUTE ? seconds : Math.round(seconds / MINUTE) * MINUTE;
}

/** Return the mean current of a discharge in A, over the time in which it was measured; null if not all Ah are known. */
export function meanCurrent({ drawn, interrupted, measured, start, end }: Present): Maybe {
	const seconds = measured !== undefined ? measured : end === null ? null : end - start;
	return drawn === null || interrupted || seconds === null || seconds <= 0 ? null : (drawn / seconds) * HOUR;
}

/** Return the table; `before` is the discharge it is compared with, once both are over. */
export function dischargeSummary(
	one: Present,
	before: Discharge | undefined,
	string: BankString,
	{ say, format }: Context,
): TemplateResult {
	// The figures of a part of a discharge against those of a whole one would always say less.
	const running = one.end === null || before?.end === null;
	const other = running ? undefined : before;
	const battery = (number: Maybe) => (number === null ? "–" : say("battery", { number: number ?? "?" }));
	const signed = (digits: number, unit: string) => (value: number) => format.value(value, digits, unit, true);
	const minutes = (value: number) => `${value < 0 ? "−" : "+"}${format.duration(Math.abs(value))}`;
	const rows: Row[] = [
		{ name: say("duration"), value: shownLength, text: (value) => format.duration(value), difference: minutes },
		{
			name: say("drawn"),
			value: ({ drawn }) => drawn,
			text: (value) => format.value(value, 1, "Ah"),
			difference: signed(1, "Ah"),
		},
		{
			name: say("energy"),
			value: ({ energy }) => (energy === null ? null : energy / 1000),
			text: (value) => format.value(value, 2, "kWh"),
			difference: signed(2, "kWh"),
		},
		{
			name: say("mean_current"),
			value: meanCurrent,
			text: (value) => format.value(value, 1, "A"),
			difference: signed(1, "A"),
		},
		{
			name: say("voltage_at_end"),
			value: ({ end_voltage }) => end_voltage,
			text: (value) => format.value(value, 1, "V"),
			difference: signed(1, "V"),
		},
		{
			name: say("lowest"),
			value: ({ lowest_voltage }) => lowest_voltage,
			text: (value, { lowest_battery }) =>
				say("bracketed", { name: format.volts(value, string), more: battery(lowest_battery) }),
			difference: (value) => format.volts(value, string, true),
		},
		{
			name: say("first_below"),
			value: ({ first_below }) => first_below,
			text: (value) => battery(value),
		},
		{
			name: say("capacity"),
			value: ({ capacity }) => capacity,
			text: (value) => format.value(value, 1, "Ah"),
			difference: signed(1, "Ah"),
		},
	];
	const shown = rows.filter(({ value }) => known(value(one)) || (other && known(value(other))));
	const cell = ({ value, text }: Row, discharge: Discharge) => {
		const measured = value(discharge);
		return html`<td>${known(measured) ? text(measured, discharge) : "–"}</td>`;
	};
	return html`<table class="summary">
			<caption>
				${say("summary")}
			</caption>
			${
				other
					? html`<thead>
							<tr>
								<td></td>
								<th scope="col">${format.moment(one.start)}</th>
								<th scope="col">${format.moment(other.start)}</th>
								<th scope="col">${say("difference")}</th>
							</tr>
						</thead>`
					: nothing
			}
			<tbody>
				${shown.map((row) => {
					const [now, before] = [row.value(one), other && row.value(other)];
					const both = known(now) && known(before) && row.difference ? row.difference(now - before) : "";
					return html`<tr>
						<th scope="row">${row.name}</th>
						${cell(row, one)}
						${
							other
								? html`${cell(row, other)}
										<td>${both}</td>`
								: nothing
						}
					</tr>`;
				})}
			</tbody>
		</table>
		${before && running ? html`<p class="small faint">${say("compared_later")}</p>` : nothing}`;
}

function lengthOf({ start, end }: Discharge): number {
	return (end ?? Date.now() / 1000) - start;
}

function known(value: Maybe): value is number {
	return value !== null && value !== undefined;
}
