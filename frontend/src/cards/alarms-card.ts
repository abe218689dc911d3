/** The alarms of all strings, or of one: those that stand, and those of the journal that are cleared. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { byName, urgentFirst } from "../data/bank.ts";
import { Answer } from "../data/answer.ts";
import { type Context, openBattery } from "../data/context.ts";
import type { Alarm, BankString, PastAlarm } from "../data/payload.ts";
import { clearedOf, idsOf, loadPast, type Of, type PastAlarms } from "../data/past-alarms.ts";
import { choice } from "../parts/style.ts";
import { alarmItem, choices, findings, well } from "../parts/templates.ts";
import { statusOf } from "../data/status.ts";
import { Card, type Shown } from "./card.ts";

const PAGE = 20; // alarms of each string at a time
const FILTERS = ["all", "new", "acknowledged", "cleared"] as const;
type Filter = (typeof FILTERS)[number];

type Past = Of<PastAlarm>;

export class AlarmsCard extends Card {
	static override styles = [
		Card.styles,
		choice,
		css`
			.item {
				cursor: pointer;
			}
			.item[acknowledged],
			.item[data-cleared] {
				--level: var(--faint);
			}
			h3 {
				margin: 16px 0 8px;
				font-size: 16px;
			}
			h3:first-child {
				margin-top: 0;
			}
			.actions,
			battery-bank-acknowledge {
				margin-top: 14px;
			}
		`,
	];

	@state() private filter: Filter = "all";
	@state() private only = ""; // the id of the string that is shown; empty for all
	readonly #answer = new Answer<PastAlarms>(this);
	#alarms = ""; // the ids of the alarms when the history was loaded

	protected override heading({ context }: Shown): string {
		return context.say("alarms");
	}

	protected override readonly ofOneString = false;

	protected override choosable(): boolean {
		return false; // all strings are shown, unless one is chosen below
	}

	#strings(shown: Shown): BankString[] {
		const { bank } = shown;
		if (this.wanted !== undefined) return [this.stringOf(bank)].filter((string) => string !== undefined);
		const all = [...bank.strings.values()].sort(byName);
		return all.filter(({ id }) => !this.only || id === this.only);
	}

	protected override inDischarge(shown: Shown): readonly BankString[] {
		return this.#strings(shown);
	}

	/** Load the history, and load it again when an alarm was raised or cleared. */
	protected override follow(shown: Shown): void {
		const strings = this.#strings(shown);
		const alarms = idsOf(strings);
		if (alarms === this.#alarms) return;
		this.#alarms = alarms;
		this.#load(strings, shown.context, 1);
	}

	#load(strings: readonly BankString[], context: Context, pages: number): void {
		this.#answer.ask(() => loadPast(strings, context, pages, PAGE));
	}

	protected override tools(shown: Shown): TemplateResult {
		const { say } = shown.context;
		const all = [...shown.bank.strings.values()].sort(byName);
		const pick = (event: Event) => (this.only = (event.target as HTMLSelectElement).value);
		return html`
			${
				this.wanted === undefined && all.length > 1
					? html`<select aria-label=${say("string")} @change=${pick}>
							<option value="" ?selected=${!this.only}>${say("all_strings")}</option>
							${all.map(({ id, name }) => html`<option value=${id} ?selected=${id === this.only}>${name}</option>`)}
						</select>`
					: nothing
			}
			${choices(
				say("filter"),
				FILTERS,
				this.filter,
				(key) => say(key === "acknowledged" ? "seen" : key),
				(key) => (this.filter = key),
			)}
		`;
	}

	protected override body(shown: Shown): TemplateResult {
		const strings = this.#strings(shown);
		if (!strings.length) return this.empty(shown);
		const { bank, context } = shown;
		const { say } = context;
		const { filter } = this;
		const standing = strings.flatMap((of) => of.alarms.map((alarm) => ({ ...alarm, of })));
		const past = filter === "all" || filter === "cleared" ? clearedOf(this.#answer.value, strings) : [];
		const now = standing.filter(({ acknowledged_by: by }) => {
			return filter === "all" || (filter === "new" ? by === null : filter === "acknowledged" && by !== null);
		});
		const rest = filter === "all" ? strings.flatMap((string) => this.#rest(string, shown, strings.length > 1)) : [];
		const quiet = filter === "all" && strings.every((one) => statusOf(one, bank.lines.get(one.line)).standing === "ok");
		return html`
			<ul class="items" aria-live="polite">
				${urgentFirst(now).map((alarm) => this.#item(alarm, context, bank.strings.size > 1))} ${rest}
				${quiet ? well(say("all_well")) : nothing}
				${!now.length && !past.length && filter !== "all" ? html`<li class="faint">${say("none_of_these")}</li>` : nothing}
			</ul>
			<battery-bank-acknowledge .context=${context} .alarms=${now}></battery-bank-acknowledge>
			${this.#history(past, shown, strings)}
		`;
	}

	/** What else restricts "no alarm" of a string. */
	#rest(string: BankString, { bank, context }: Shown, named: boolean): TemplateResult[] {
		const status = statusOf(string, bank.lines.get(string.line));
		if (status.standing === "ok") return [];
		const found = findings(status, context, Date.now() / 1000);
		return found.length && named ? [html`<li><h3>${string.name}</h3></li>`, ...found] : found;
	}

	#history(past: readonly Past[], { bank, context }: Shown, strings: readonly BankString[]): TemplateResult {
		const { value, error } = this.#answer;
		const { say } = context;
		if (this.filter !== "all" && this.filter !== "cleared") return html``;
		if (error) return html`<p class="faint">${context.failure(error)}</p>`;
		if (!past.length) return html``;
		return html`
			<h3>${say("cleared")}</h3>
			<ul class="items">
				${past.map((alarm) => this.#item(alarm, context, bank.strings.size > 1))}
			</ul>
			${
				value?.more
					? html`<div class="actions">
							<button @click=${() => this.#load(strings, context, value.pages + 1)}>${say("earlier")}</button>
						</div>`
					: nothing
			}
		`;
	}

	#item(alarm: Of<Alarm> | Past, context: Context, named: boolean): TemplateResult {
		const { of: string } = alarm;
		const number = alarm.battery ?? alarm.batteries[0];
		const index = string.batteries.findIndex((one) => one.number === number);
		return alarmItem(alarm, context, {
			string: named ? string.name : "",
			...("cleared" in alarm && alarm.cleared !== null ? { cleared: alarm.cleared } : { noteOf: string }),
			...(index >= 0 && { open: () => openBattery(this, string.id, index) }),
		});
	}
}
