/** The status of all strings in one line across the page; in a discharge, what is left of it. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { severity } from "../data/bank.ts";
import { type Context, visit } from "../data/context.ts";
import type { BankString, Line } from "../data/payload.ts";
import { type Standing, type Status, statusOf, WORST } from "../data/status.ts";
import { dischargesFirst, type UnderWay, underWay } from "../data/under-way.ts";
import { base } from "./style.ts";
import { coverage, sign } from "./templates.ts";
import { mix } from "./theme.ts";

const SECOND = 1_000; // ms

export class BannerElement extends LitElement {
	static override styles = [
		base,
		css`
			:host {
				display: block;
			}
			:host([discharges]) .banner {
				margin-bottom: 14px;
			}
			.banner {
				display: flex;
				flex-wrap: wrap;
				align-items: baseline;
				gap: 2px 1em;
				padding: 10px 16px;
				border: 2px solid var(--edge);
				border-radius: 12px;
				background: ${mix("edge", "16%")};
				font-size: clamp(15px, 1.5vw, 20px);
				line-height: 1.35;
				strong {
					font-size: 1.1em;
					font-weight: 600;
				}
				.sign {
					font-size: 20px;
					margin-right: 4px;
				}
			}
			:host([brief]) .banner {
				align-items: center;
				padding: 4px 14px;
				font-size: 16px;
			}
			.bare {
				min-height: 36px;
				padding: 0 8px;
				color: inherit;
				text-decoration: underline;
			}
			.right {
				margin-left: auto;
				text-align: right;
			}
			.others {
				flex-basis: 100%;
				font-size: 15px;
			}
			[data-standing="ok"],
			[data-standing="testing"] {
				--edge: var(--good);
			}
			[data-standing="ok"] strong {
				color: var(--good);
			}
			:is([data-standing="warning"], [data-standing="pending"], [data-standing="discharge"]) {
				--edge: var(--high);
			}
			:is([data-standing="not_monitored"], [data-standing="partly"]) {
				--edge: var(--faint);
				border-style: dashed;
			}
			:is([data-standing="alarm"], [data-standing="short"]) {
				--edge: var(--worse);
				background: var(--worse);
				color: #fff;
			}
			[data-standing="alarm"][acknowledged] {
				background: ${mix("edge", "16%")};
				color: var(--text);
			}
			.bolt {
				display: inline-block;
				width: 0.75em;
				height: 1em;
				margin-right: 8px;
				vertical-align: -0.1em;
				background: currentColor;
				clip-path: polygon(58% 0, 8% 58%, 44% 58%, 34% 100%, 92% 38%, 54% 38%, 76% 0);
			}
			@media (max-width: 640px) {
				.banner {
					font-size: 16px;
				}
				.right {
					margin-left: 0;
					text-align: left;
				}
			}
			@media (max-height: 520px) {
				.banner {
					padding: 4px 12px;
				}
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) strings: readonly BankString[] = [];
	@property({ attribute: false }) lines!: ReadonlyMap<string, Line>;
	/** Only while a string is in discharge. */
	@property({ type: Boolean, reflect: true }) discharges = false;
	/** Only that a string is in discharge, since when, and what is left. */
	@property({ type: Boolean, reflect: true }) brief = false;
	/** Whether it opens the first page. */
	@property({ type: Boolean }) links = false;
	#timer: ReturnType<typeof setInterval> | undefined;

	override connectedCallback(): void {
		super.connectedCallback();
		this.#timer = setInterval(() => this.requestUpdate(), SECOND);
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		clearInterval(this.#timer);
	}

	protected override render(): TemplateResult | typeof nothing {
		const [first, ...others] = dischargesFirst(this.strings, this.lines);
		const now = first && underWay(first, this.lines.get(first.line));
		if (first && now) return this.#discharge(first, now, others);
		return this.discharges || !first ? nothing : this.#quiet();
	}

	#discharge(string: BankString, now: UnderWay, others: readonly BankString[]): TemplateResult {
		const { say, format } = this.context;
		const { look, noted, signed } = this.#looks(now);
		const alone = this.strings.length === 1;
		const seconds = Math.max(0, Date.now() / 1000 - now.start);
		return html`
			<div class="banner" role="status" data-standing=${look} ?acknowledged=${noted}>
				<strong>
					${signed ? sign(signed, say(signed)) : nothing}<i class="bolt" aria-hidden="true"></i
					>${alone ? "" : `${string.name} · `}${say(now.supplies ? "on_battery" : "discharge_since", {
						time: format.clock(now.start),
					})}
				</strong>
				${this.brief ? nothing : html`<span>${format.duration(seconds)}</span>`}
				${this.brief || now.drawn === null ? nothing : html`<span>${format.value(now.drawn, 1, "Ah")}</span>`}
				${this.brief || now.current === null ? nothing : html`<span>${format.value(now.current, 1, "A", true)}</span>`}
				<span class="right">${this.#left(now)}</span>
				${this.#others(others)}
				${this.links ? html`<button class="bare" @click=${() => visit("overview")}>${say("overview")} ›</button>` : nothing}
			</div>
		`;
	}

	/** How the banner looks in a discharge: as the worst of all strings, whichever of them its words are about. */
	#looks(now: UnderWay): {
		look: Standing | "short" | "discharge";
		noted: boolean;
		signed: "alarm" | "warning" | null;
	} {
		const all = this.strings.map((string) => ({
			short: underWay(string, this.lines.get(string.line))?.short,
			...statusOf(string, this.lines.get(string.line)),
		}));
		const worst = (["alarm", "warning"] as const).find((level) => all.some(({ standing }) => standing === level));
		const alarms = all.filter(({ standing }) => standing === "alarm");
		const short = now.short || all.some((one) => one.short);
		const look = short ? "short" : alarms.length ? "alarm" : "discharge";
		return { look, noted: look === "alarm" && alarms.every((one) => one.acknowledged), signed: worst ?? null };
	}

	#left(now: UnderWay): TemplateResult {
		const { say, format } = this.context;
		const { remaining, low, high, estimated } = now;
		const ended = this.brief ? "" : this.#first(now);
		if (remaining === null) return html`${say(now.unknown)}${now.firstBelow === null ? "" : ended}`;
		const unknown = estimated && !this.brief ? ` · ${say("first_unknown")}` : "";
		const ends = ended || unknown;
		const lasts = say("lasts", { time: format.about(remaining, low, high) });
		return html`<strong>${lasts}</strong>${estimated ? this.#bracketed(say("estimated")) : ""}${ends}`;
	}

	/** Which battery is at its end or ends first, and which was at its end first; empty while that is not known. */
	#first({ first, below, firstBelow, firstAfter, remaining }: UnderWay): string {
		const { say, format } = this.context;
		const time = format.duration(firstAfter);
		const parts: string[] = [];
		if (below !== null && below === firstBelow) parts.push(say("below_after", { number: below, time }));
		else if (below !== null) parts.push(say("below_now", { number: below }));
		else if (first !== null && remaining !== null) parts.push(say("first_to_end", { number: first }));
		if (firstBelow !== null && below !== firstBelow) parts.push(say("was_below", { number: firstBelow, time }));
		return parts.map((part) => ` · ${part}`).join("");
	}

	/** In the brackets of the language. */
	#bracketed(more: string): string {
		return this.context.say("bracketed", { name: "", more });
	}

	/** The other strings in discharge. */
	#others(strings: readonly BankString[]): TemplateResult | typeof nothing {
		const { say, format } = this.context;
		const parts = strings.flatMap((string) => {
			const now = underWay(string, this.lines.get(string.line));
			if (!now) return [];
			const { current, remaining, low, high } = now;
			const left = remaining === null ? say(now.unknown) : say("lasts", { time: format.about(remaining, low, high) });
			return [`${string.name} · ${format.value(current, 1, "A", true)} · ${left}`];
		});
		return parts.length ? html`<span class="others">${parts.join("  |  ")}</span>` : nothing;
	}

	#quiet(): TemplateResult {
		const { say, format } = this.context;
		const all = this.strings.map((string) => ({ string, status: statusOf(string, this.lines.get(string.line)) }));
		const worst = WORST.find((one) => all.some(({ status }) => status.standing === one)) ?? "ok";
		const those = all.filter(({ status }) => status.standing === worst);
		const noted = (worst === "alarm" || worst === "warning") && those.every(({ status }) => status.acknowledged);
		const signed = worst === "ok" || worst === "warning" || worst === "alarm" ? worst : null;
		const last = this.strings.reduce<BankString | null>(
			(newest, one) => ((one.values.last_discharge ?? 0) > (newest?.values.last_discharge ?? 0) ? one : newest),
			null,
		);
		const whose = last && this.strings.length > 1 ? this.#bracketed(last.name) : "";
		const before =
			last &&
			say("last_discharge", {
				time: format.day(last.values.last_discharge),
				duration: format.duration(last.values.last_discharge_duration),
			}) + whose;
		return html`
			<div class="banner" role="status" data-standing=${worst} ?acknowledged=${noted}>
				<strong
					>${signed ? sign(signed) : nothing} ${say(worst)}${noted ? html` · ${say("acknowledged")}` : nothing}</strong
				>
				<span>${this.#states(all)}</span>
				${this.#lastSeen().map((text) => html`<span>${text}</span>`)} ${before ? html`<span>${before}</span>` : nothing}
				<span class="right">${this.#counts(all).join(" · ")}</span>
			</div>
		`;
	}

	/** The strings that were in discharge when they were still monitored: nothing is known of them since. */
	#lastSeen(): string[] {
		const { say, format } = this.context;
		return this.strings.flatMap((string) => {
			const start = string.values.discharge_start;
			if (start === null || statusOf(string, this.lines.get(string.line)).monitored) return [];
			const value = say("last_seen", { time: format.clock(start) });
			return this.strings.length > 1 ? say("named", { name: string.name, value }) : value;
		});
	}

	/** The operating states: one if all strings have the same. */
	#states(all: readonly { string: BankString; status: Status }[]): string {
		const { say, texts } = this.context;
		const known = all.map(({ string, status }) => ({
			name: string.name,
			state: status.monitored ? (string.values.state ?? "") : "",
		}));
		const [first] = known;
		const text = (state: string) => texts.or(`condition.${state}`, state);
		if (known.every(({ state }) => state === first?.state)) return text(first?.state ?? "");
		return known
			.filter(({ state }) => state)
			.map(({ name, state }) => say("named", { name, value: text(state) }))
			.join(" · ");
	}

	#counts(all: readonly { string: BankString; status: Status }[]): string[] {
		const { say } = this.context;
		const alarms = all.flatMap(({ string }) => string.alarms.filter(({ drill }) => !drill));
		const count = (level: "alarm" | "warning") =>
			alarms.filter((one) => severity(one.level) === severity(level)).length;
		const pending = all.reduce((sum, { status }) => sum + status.pending.length, 0);
		const partly = all.filter(({ status }) => status.monitored < status.total);
		return [
			...(count("alarm") ? [say("count_alarms", { count: count("alarm") })] : []),
			...(count("warning") ? [say("count_warnings", { count: count("warning") })] : []),
			...(pending ? [say("count_pending", { count: pending })] : []),
			...partly.map(({ string, status }) => {
				const value = coverage(status, say);
				return all.length > 1 ? say("named", { name: string.name, value }) : value;
			}),
		];
	}
}
