/** The alarms of all strings: those that are not acknowledged first, and what else restricts "no alarm". */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { urgentFirst } from "../data/bank.ts";
import { Answer } from "../data/answer.ts";
import { type Context, openBattery } from "../data/context.ts";
import { clearedOf, idsOf, loadPast, type Of, type PastAlarms } from "../data/past-alarms.ts";
import type { Alarm, BankString, Line, PastAlarm } from "../data/payload.ts";
import { statusOf } from "../data/status.ts";
import { valueText } from "../data/quantities.ts";
import { worst } from "../data/worst.ts";
import { base } from "./style.ts";
import { why } from "./reasons.ts";
import { alarmItem, findings, sign, well } from "./templates.ts";

const SECOND = 1_000; // ms
const EACH = 170; // px of the screen's height for each alarm, where there is room for the worst batteries too
const WORST = 5;

export class AlarmListElement extends LitElement {
	static override styles = [
		base,
		css`
			:host {
				display: flex;
				min-height: 0;
			}
			section {
				flex: 1;
				display: flex;
				flex-direction: column;
				min-width: 0;
				min-height: 0;
			}
			header {
				flex: none;
				justify-content: space-between;
				align-items: baseline;
				min-height: 0;
				gap: 2px 12px;
				margin-bottom: 8px;
			}
			h2 {
				flex: none;
				font-size: 18px;
			}
			header span {
				font-size: 15px;
			}
			battery-bank-acknowledge {
				flex: none;
				margin-top: 8px;
			}
			.items {
				flex: 1;
				min-height: 0;
				gap: 8px;
				overflow: auto;
			}
			h3 {
				margin-top: 4px;
			}
			.item {
				gap: 2px 10px;
				padding: 8px 10px;
				font-size: 15px;
				.rest {
					font-size: 13.5px;
					line-height: 1.35;
				}
				> .sign {
					font-size: 17px;
				}
			}
			.item:is([acknowledged], [data-cleared]) {
				--level: var(--faint);
			}
			.item[data-level="pending"] {
				grid-template-columns: auto minmax(0, 1fr);
				.much {
					grid-column: 2;
					text-align: left;
				}
			}
			.item[data-battery] {
				cursor: pointer;
			}
			.well,
			.note-item {
				padding: 4px 0;
				font-size: 15px;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) strings: readonly BankString[] = [];
	@property({ attribute: false }) lines!: ReadonlyMap<string, Line>;
	readonly #past = new Answer<PastAlarms>(this);
	#ids = ""; // of the alarms when the journal was asked
	#timer: ReturnType<typeof setTimeout> | undefined;

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		clearTimeout(this.#timer);
	}

	/** Count the delays of pending alarms down. */
	protected override updated(): void {
		clearTimeout(this.#timer);
		if (this.strings.some(({ pending }) => pending.length)) {
			this.#timer = setTimeout(() => this.requestUpdate(), SECOND);
		}
	}

	/** Load the last alarms of the journal, again when one was raised or cleared. */
	protected override willUpdate(): void {
		const { strings, context } = this;
		const ids = idsOf(strings);
		if (ids === this.#ids) return;
		this.#ids = ids;
		this.#past.ask(() => loadPast(strings, context, 1, WORST));
	}

	protected override render() {
		const { strings, context } = this;
		const { say } = context;
		const all = strings.flatMap((string) => string.alarms.map((alarm) => ({ ...alarm, of: string })));
		const open = all.filter((alarm) => alarm.acknowledged_by === null);
		const counts = [
			...(open.length ? [say("count_new", { count: open.length })] : []),
			...(open.length < all.length ? [say("count_acknowledged", { count: all.length - open.length })] : []),
		];
		return html`<section aria-label=${say("alarms")}>
			<header>
				<h2>${say("alarms")}</h2>
				<span class="faint">${counts.join(" · ") || say("no_alarms")}</span>
			</header>
			<ul class="items" aria-live="polite" tabindex="0">
				${urgentFirst(all).map((alarm, index) => this.#item(alarm, index === 0 && !alarm.drill))} ${this.#findings()}
				${all.length < innerHeight / EACH - 1 ? [this.#worst(all.length > 0), this.#cleared()] : nothing}
			</ul>
			<battery-bank-acknowledge .context=${context} .alarms=${all}></battery-bank-acknowledge>
		</section>`;
	}

	/** An alarm; with the advice, so that what to do now is on the screen without a tap. */
	#item(alarm: Of<Alarm> | Of<PastAlarm>, advice = false): TemplateResult {
		const { of: string } = alarm;
		const named = this.strings.length > 1 ? string.name : "";
		const index = string.batteries.findIndex(({ number }) => number === (alarm.battery ?? alarm.batteries[0]));
		return alarmItem(alarm, this.context, {
			string: named,
			short: true,
			advice: advice && alarm.acknowledged_by === null,
			...("cleared" in alarm && alarm.cleared !== null && { cleared: alarm.cleared }),
			...(index >= 0 && { open: () => openBattery(this, string.id, index) }),
		});
	}

	/** What else is to be said of each string; that all is well is said once. */
	#findings(): TemplateResult[] {
		const { strings, lines, context } = this;
		const now = Date.now() / 1000;
		const all = strings.map((string) => ({ string, status: statusOf(string, lines.get(string.line)) }));
		if (all.every(({ status }) => status.standing === "ok")) return [well(context.say("all_well"))];
		return all.flatMap(({ string, status }) => {
			const found = findings(status, context, now);
			if (!found.length || strings.length === 1 || status.standing === "ok") return strings.length === 1 ? found : [];
			return [html`<li><h3>${string.name}</h3></li>`, ...found];
		});
	}

	/** The batteries to look at first, which have no alarm; where there are `alarms`, the heading says so. */
	#worst(alarms: boolean): TemplateResult[] {
		const { strings, context } = this;
		const { say } = context;
		const rows = strings
			.flatMap((string) => worst(string, WORST).map((one) => ({ ...one, string })))
			.filter(({ reasons }) => reasons.every(({ key }) => key !== "alarm" && key !== "no_answer"))
			.sort((one, other) => other.score - one.score)
			.slice(0, WORST);
		if (!rows.length) return [];
		return [
			html`<li><h3>${say(alarms ? "worst_without_alarm" : "worst_batteries")}</h3></li>`,
			...rows.map(({ string, index, reasons }) => {
				const number = say("battery", { number: string.batteries[index]?.number ?? "?" });
				return html`<li class="item" data-battery @click=${() => openBattery(this, string.id, index)}>
					${sign("note")}
					<strong>${strings.length > 1 ? `${string.name} · ${number}` : number}</strong>
					<span class="much">${valueText("alarm", string, index, context.format)}</span>
					<span class="rest">${reasons.map((reason) => why(reason, string, context)).join(" · ")}</span>
				</li>`;
			}),
		];
	}

	/** The last alarms that were cleared. */
	#cleared(): TemplateResult[] {
		const past = clearedOf(this.#past.value, this.strings).slice(0, WORST);
		if (!past.length) return [];
		return [html`<li><h3>${this.context.say("cleared")}</h3></li>`, ...past.map((alarm) => this.#item(alarm))];
	}
}
