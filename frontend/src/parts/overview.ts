/** The first page: status, figures of the strings, the worst string's batteries or its discharge, alarms. It never scrolls. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { worstFirst } from "../data/bank.ts";
import { type Context } from "../data/context.ts";
import type { BankString, Line } from "../data/payload.ts";
import { statusOf } from "../data/status.ts";
import { dischargesFirst, underWay } from "../data/under-way.ts";
import { type Profiled, profileOf, profilesOf } from "../charts/profile.ts";
import type { Legend } from "./live.ts";
import { base } from "./style.ts";

const SECOND = 1_000; // ms
// Strings, up to which each has a box with all its figures; beyond, each is one row. A large screen has room for more.
const ROOMY = { small: 2, large: 4 };
const LARGE = "(min-width: 1280px) and (min-height: 720px)";
const PHONE = "(max-width: 640px)"; // has one column, and scrolls
const MOST_ACROSS = 3; // boxes on a large screen

export class OverviewElement extends LitElement {
	static override styles = [
		base,
		css`
			:host {
				display: grid;
				gap: 8px;
				height: 100%;
				min-height: 0;
				grid-template:
					"banner banner" auto "strings alarms" auto "chart alarms" minmax(0, 1fr) "foot foot" auto /
					minmax(0, 1fr) minmax(240px, 29%);
			}
			battery-bank-banner {
				grid-area: banner;
			}
			.strings {
				grid-area: strings;
				display: grid;
				gap: 8px;
				grid-template-columns: repeat(var(--across), minmax(0, 1fr));
			}
			.box,
			battery-bank-alarm-list {
				box-sizing: border-box;
				padding: 10px 14px;
				border: 1px solid var(--rule);
				border-radius: 12px;
				background: var(--ground);
			}
			battery-bank-alarm-list {
				grid-area: alarms;
			}
			.strings[rows] {
				gap: 4px;
				max-height: 50vh;
				overflow: auto;
				.box {
					padding: 0 14px;
				}
			}
			.chart {
				grid-area: chart;
				display: flex;
				flex-direction: column;
				min-height: 0;
				min-width: 0;
				header {
					flex: none;
					min-height: 0;
					gap: 2px 16px;
					margin-bottom: 4px;
				}
				h2,
				select {
					flex: none;
				}
				h2 {
					font-size: 17px;
				}
				header span {
					min-width: 0;
					font-size: 14px;
				}
				.plot {
					flex: 1;
					min-height: 0;
				}
			}
			select {
				min-height: 32px;
				padding: 0 8px;
				font-size: 14px;
			}
			footer {
				grid-area: foot;
				display: flex;
				flex-wrap: wrap;
				justify-content: space-between;
				gap: 0 20px;
				padding: 0 6px 2px;
				font-size: 15px;
				color: var(--faint);
			}
			@media (max-width: 640px) {
				:host {
					height: auto;
					grid-template: "banner" auto "alarms" auto "strings" auto "chart" 300px "foot" auto / minmax(0, 1fr);
				}
				.strings {
					grid-template-columns: minmax(0, 1fr);
				}
				battery-bank-alarm-list {
					max-height: 60vh;
				}
			}
			@media (max-height: 520px) {
				:host {
					gap: 6px;
				}
				.chart header {
					flex-wrap: nowrap;
					margin: 0;
					span {
						overflow: hidden;
						white-space: nowrap;
						text-overflow: ellipsis;
					}
				}
				.box,
				battery-bank-alarm-list {
					padding: 6px 12px;
				}
				footer {
					font-size: 13px;
				}
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) strings!: ReadonlyMap<string, BankString>;
	@property({ attribute: false }) lines!: ReadonlyMap<string, Line>;
	/** Whether names of strings open their pages. */
	@property({ type: Boolean }) links = false;
	/** When the last message came, in s since 1970. */
	@property({ attribute: false }) lastMessage: () => number | null = () => null;
	@state() private quantity: Profiled = "voltage";
	@state() private dashed = false; // whether the chart of a discharge has a line of the last one
	@state() private shaded = false; // whether it has an area of what is expected
	@state() private chosen = ""; // the id of the string below
	#timer: ReturnType<typeof setInterval> | undefined;
	#order: readonly string[] = []; // ids of the strings, as they were shown last

	override connectedCallback(): void {
		super.connectedCallback();
		this.#timer = setInterval(() => this.requestUpdate(), SECOND);
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		clearInterval(this.#timer);
	}

	protected override render(): TemplateResult {
		const { context, lines } = this;
		const worst = worstFirst(this.strings.values(), lines);
		const strings = dischargesFirst(worst, lines, this.#order);
		this.#order = strings.map(({ id }) => id);
		const [first] = strings;
		if (!first) return html``;
		const shown = strings.find(({ id }) => id === this.chosen) ?? first;
		const large = matchMedia(LARGE).matches;
		const roomy = large ? ROOMY.large : ROOMY.small;
		const rows = strings.length > (matchMedia(PHONE).matches ? ROOMY.large : roomy);
		const across = large && strings.length === MOST_ACROSS ? MOST_ACROSS : Math.min(strings.length, 2);
		return html`
			<battery-bank-banner .context=${context} .strings=${strings} .lines=${lines}></battery-bank-banner>
			<div class="strings" ?rows=${rows} style="--across: ${rows ? 1 : across}">
				${repeat(
					strings,
					({ id }) => id,
					(string) => html`
						<battery-bank-figures
							class="box"
							.context=${context}
							.string=${string}
							.line=${lines.get(string.line)}
							?links=${this.links}
							?small=${strings.length > roomy}
							?row=${rows}
							?shown=${strings.length > 1 && string === shown}
							@string-pick=${() => (this.chosen = string.id)}
						></battery-bank-figures>
					`,
				)}
			</div>
			${this.#chart(shown)}
			<battery-bank-alarm-list .context=${context} .strings=${worst} .lines=${lines}></battery-bank-alarm-list>
			<footer>${this.#foot(strings).map((text) => html`<span>${text}</span>`)}</footer>
		`;
	}

	#chart(string: BankString): TemplateResult {
		const { context, lines } = this;
		const { say, format } = context;
		const now = underWay(string, lines.get(string.line));
		if (now) {
			return html`<section class="box chart" aria-label="${string.name}, ${say("live")}">
				<header>
					<h2>${string.name} · ${say("live")}</h2>
					<span class="faint">${this.#legend()}</span>
				</header>
				<div class="plot">
					<battery-bank-live
						fill
						@live-legend=${this.#explained}
						.context=${context}
						.string=${string}
						.now=${now}
					></battery-bank-live>
				</div>
			</section>`;
		}
		const all = profilesOf(string);
		const key = all.includes(this.quantity) ? this.quantity : "voltage";
		const line = lines.get(string.line);
		const profile = statusOf(string, line).monitored ? profileOf(key, string, format, say) : null;
		const pick = (event: Event) => (this.quantity = (event.target as HTMLSelectElement).value as Profiled);
		return html`<section class="box chart" aria-label="${string.name}, ${say(key)}">
			<header>
				<h2>${string.name}</h2>
				<select aria-label=${say("profile")} @change=${pick}>
					${all.map((one) => html`<option value=${one} ?selected=${one === key}>${say(one)}</option>`)}
				</select>
				<span class="faint">${profile?.facts}</span>
			</header>
			<div class="plot">
				<battery-bank-bars
					fill
					.context=${context}
					.string=${string}
					.line=${line}
					.quantity=${key}
				></battery-bank-bars>
			</div>
		</section>`;
	}

	readonly #explained = ({ detail }: CustomEvent<Legend>): void => {
		({ dashed: this.dashed, shaded: this.shaded } = detail);
	};

	#legend(): string {
		const { say } = this.context;
		return [this.dashed ? say("legend_dashed") : "", this.shaded ? say("legend_shaded") : ""]
			.filter(Boolean)
			.join(" · ");
	}

	#foot(strings: readonly BankString[]): string[] {
		const { say, format } = this.context;
		const all = strings.map((string) => statusOf(string, this.lines.get(string.line)));
		const sum = (key: "monitored" | "total") => all.reduce((count, status) => count + status[key], 0);
		const monitored = sum("monitored");
		const parts = [say("coverage", { count: monitored, total: sum("total") })];
		const updated = this.lastMessage();
		const now = Date.now() / 1000;
		// A message that nothing answers is no news of a battery.
		if (updated !== null && monitored)
			parts.push(say("updated", { time: format.duration(Math.max(0, now - updated)) }));
		const next = strings.map(({ values }) => values.next_resistance_test).filter((at) => at !== null);
		const first = Math.min(...next);
		if (next.length) parts.push(first > now ? `${say("next_test")} ${format.clock(first)}` : say("test_due"));
		parts.push(format.clock(now));
		return parts;
	}
}
