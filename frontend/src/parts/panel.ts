/** One string: its state, its figures, its batteries and its alarms. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { urgentFirst } from "../data/bank.ts";
import { type Context, fire, openBattery } from "../data/context.ts";
import type { BankString, Line, Values } from "../data/payload.ts";
import { Tiles } from "../data/quantities.ts";
import { type Status, statusOf } from "../data/status.ts";
import { areMany } from "./grid.ts";
import { base } from "./style.ts";
import { marks } from "./theme.ts";
import { alarmItem, badge, coverage, figures, findings, strip } from "./templates.ts";
import { figuresOf } from "./string-figures.ts";
import { lineProblem } from "./problem.ts";
import type { TilePick } from "./wall.ts";

const SECOND = 1_000; // ms

export class PanelElement extends LitElement {
	static override styles = [
		base,
		marks,
		css`
			:host {
				display: block;
				min-width: 0;
			}
			.panel {
				display: flex;
				flex-direction: column;
				gap: 14px;
				--numeral: 38px;
				> header {
					margin: 0;
					gap: 8px 12px;
					min-height: 36px;
				}
				&[old] > :is(.figures, .both) {
					filter: grayscale(1);
					opacity: 0.5;
				}
			}
			h2 {
				font-size: 22px;
			}
			.open {
				padding: 0;
				border: 0;
				background: none;
				text-align: left;
				font: inherit;
			}
			.state {
				font-size: 20px;
			}
			.notice {
				margin: 0;
			}
			.both {
				display: grid;
				gap: 14px;
				align-content: start;
			}
			.alarms header {
				margin: 0 0 8px;
			}
			.alarms h3 {
				flex: 1;
			}
			.strip {
				display: grid;
				grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
				gap: 3px;
				i {
					height: 22px;
					display: flex;
					align-items: flex-end;
				}
				i::before {
					content: "";
					width: 100%;
					height: 45%;
					border-radius: 2px;
					background: var(--fill, var(--quiet));
					border: 1px solid color-mix(in srgb, var(--text) 18%, transparent);
				}
				[data-mark="2"]::before {
					height: 72%;
					background: var(--high);
					border-color: transparent;
				}
				[data-mark="3"]::before {
					height: 100%;
					border-color: transparent;
				}
				[data-mark="offline"]::before {
					border: 1px dashed var(--faint);
				}
			}
			:host(:not([alone])) {
				.panel {
					gap: 10px;
					padding: 12px 16px;
					border: 1px solid var(--rule);
					border-radius: 12px;
					background: var(--ground);
					--numeral: 27px;
				}
				.both {
					gap: 10px;
				}
				.figures {
					grid-template-columns: repeat(4, auto);
					gap: 4px 12px;
				}
				.note {
					min-height: 0;
					white-space: nowrap;
					overflow: hidden;
					text-overflow: ellipsis;
				}
				.note:empty,
				.rest,
				.alarms h3 {
					display: none;
				}
				.alarms {
					display: grid;
					grid-template-columns: minmax(0, 1fr) auto;
					gap: 10px;
				}
				.alarms header {
					order: 1;
					margin: 0;
				}
				.items {
					gap: 2px;
				}
				.well {
					padding: 8px 0;
				}
			}
			:host([alone]) {
				.figures {
					/* A remaining time of several hours is the longest value. */
					grid-template-columns: repeat(auto-fit, minmax(min(100%, calc(5.4 * var(--numeral))), 1fr));
				}
				.strip i {
					height: 40px;
				}
			}
			@container (max-width: 520px) {
				:host([alone]) .figures,
				:host(:not([alone])) .figures {
					grid-template-columns: repeat(2, minmax(0, 1fr));
				}
			}
			@container (max-width: 300px) {
				:host(:not([alone])) .alarms {
					grid-template-columns: minmax(0, 1fr);
					header {
						margin: 0;
					}
				}
			}
			@container (max-width: 400px) {
				.figures {
					--numeral: 27px;
				}
			}
			@container (max-width: 639px) {
				.alarms[data-any] {
					order: -1;
				}
			}
			@container (min-width: 640px) {
				:host([alone]) {
					.panel {
						--numeral: 31px;
					}
					h2 {
						font-size: 28px;
					}
					.state {
						font-size: 24px;
					}
					.both {
						grid-template-columns: minmax(0, 1.45fr) minmax(280px, 1fr);
					}
				}
			}
			@container (min-width: 860px) {
				:host([alone]) {
					.panel {
						--numeral: 34px;
					}
					.both {
						gap: 24px;
					}
				}
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) string!: BankString;
	@property({ attribute: false }) line: Line | undefined;
	/** Whether it is the only one in the card: then all of it is shown. */
	@property({ type: Boolean, reflect: true }) alone = false;
	/** Without the batteries. */
	@property({ type: Boolean }) compact = false;
	/** Whether its name opens its page. */
	@property({ type: Boolean }) links = false;
	readonly #tiles = new Tiles();
	#timer: ReturnType<typeof setTimeout> | undefined;

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		clearTimeout(this.#timer);
	}

	/** Count the delays of pending alarms down. */
	protected override updated(): void {
		clearTimeout(this.#timer);
		if (this.string.pending.length) this.#timer = setTimeout(() => this.requestUpdate(), SECOND);
	}

	protected override render() {
		const { string, context, line } = this;
		const { texts, say } = context;
		const { name, values } = string;
		const notice = lineProblem(line, texts);
		const status = statusOf(string, line);
		const { standing, acknowledged, monitored, total } = status;
		const partly = monitored < total; // always shown if there is room for it
		const state = values.state === null || !monitored ? "" : texts.or(`condition.${values.state}`, values.state);
		const discharge = values.state === "discharge" ? state : "";
		const title = this.links ? html`<button class="open" @click=${this.#visit}>${name}</button>` : name;
		const facts = this.alone ? this.#facts(values) : "";
		return html`
			<article class="panel" aria-label=${name} ?old=${notice !== ""}>
				<header>
					<h2>${title}</h2>
					<span class="state faint">${standing === "ok" && discharge ? "" : state}</span>
					${badge(standing, say, acknowledged, discharge)}
					${partly || this.alone ? html`<span class="faint">${coverage(status, say)}</span>` : nothing}
				</header>
				${notice ? html`<p class="notice">${notice}</p>` : nothing} ${figures(figuresOf(string, status, context), say)}
				${facts ? html`<p class="small faint">${facts}</p>` : nothing}
				<div class=${this.compact ? "" : "both"}>${this.#cells()} ${this.#alarms(status)}</div>
			</article>
		`;
	}

	#facts(values: Values): string {
		const { format, say } = this.context;
		const facts: string[] = [];
		const add = (key: Parameters<typeof say>[0], value: number | null, text: string) => {
			if (value !== null) facts.push(`${say(key)} ${text}`);
		};
		add("ambient", values.ambient, format.temperature(values.ambient));
		add("health", values.health, format.value(values.health, 0, "%"));
		add("capacity", values.capacity, format.value(values.capacity, 1, "Ah"));
		add("weakest", values.weakest_battery, String(values.weakest_battery));
		const next = values.next_resistance_test;
		if (next !== null && next <= Date.now() / 1000) facts.push(say("test_due"));
		else add("next_test", next, format.moment(next));
		return facts.join(" · ");
	}

	#cells(): TemplateResult | typeof nothing {
		if (this.compact) return nothing;
		const { string, context } = this;
		const { say, format, texts } = context;
		const open = ({ detail }: CustomEvent<TilePick>) => openBattery(this, string.id, detail.index);
		const tiles = this.alone && !areMany(string.batteries.length);
		return html`<div class="cells" data-plain>
			${
				tiles
					? html`<battery-bank-tiles
							.label=${say("batteries")}
							.tiles=${this.#tiles.of("alarm", string, format, texts)}
							plain
							@tile-pick=${open}
						></battery-bank-tiles>`
					: strip(string, say)
			}
		</div>`;
	}

	#alarms(status: Status): TemplateResult {
		const { string, context } = this;
		const { say } = context;
		const { alarms } = string;
		const items = urgentFirst(alarms).slice(0, this.alone ? Infinity : 1);
		const left = alarms.length - items.length;
		const all = alarms.map((alarm) => ({ ...alarm, of: string }));
		const acknowledge = html`<battery-bank-acknowledge .context=${context} .alarms=${all}></battery-bank-acknowledge>`;
		const count = html`<h3>${say("count_alarms", { count: alarms.length })}</h3>`;
		return html`
			<div class="alarms" ?data-any=${alarms.length > 0}>
				${alarms.length ? html`<header>${count} ${acknowledge}</header>` : nothing}
				<ul class="items" aria-live="polite" tabindex=${this.alone ? 0 : nothing}>
					${items.map((alarm) => alarmItem(alarm, context))} ${findings(status, context, Date.now() / 1000)}
					${left ? html`<li class="small faint">${say("more", { count: left })}</li>` : nothing}
				</ul>
			</div>
		`;
	}

	readonly #visit = (): void => {
		history.pushState(null, "", `/${location.pathname.split("/")[1] ?? ""}/string-${this.string.id}`);
		fire(window, "location-changed", { replace: false });
	};
}
