/** Playback of recorded discharges: which batteries fell below the end voltage, and when. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";

import type { ChartPick } from "../charts/chart.ts";
import { type Below, heldUntil, lengthOf } from "../charts/discharge.ts";
import { type Replay, replayChart } from "../charts/replay.ts";
import { Answer } from "../data/answer.ts";
import { Growing } from "../data/growing.ts";
import { type Context, toast } from "../data/context.ts";
import type { BankString, Curve, Discharge, Discharges } from "../data/payload.ts";
import { figures, sign, well } from "../parts/templates.ts";
import { dischargeList, listStyle, withPresent } from "../parts/discharge-list.ts";
import { dischargeSummary, summaryStyle } from "../parts/discharge-summary.ts";
import { legend, legendStyle } from "../parts/legend.ts";
import { momentOf } from "../parts/replay-moment.ts";
import type { TilePick } from "../parts/wall.ts";
import { Card, type Shown } from "./card.ts";

const PAGE = 20; // discharges at a time
const MOST = 8; // batteries that are named one by one
const STEPS = 1000; // of the slider

export class ReplayCard extends Card {
	static override styles = [
		Card.styles,
		summaryStyle,
		listStyle,
		legendStyle,
		css`
			.replay {
				display: grid;
				grid-template-columns: minmax(0, 1fr);
				gap: 20px;
				--numeral: 28px;
			}
			.main {
				display: grid;
				grid-template-columns: minmax(0, 1fr);
				gap: 16px;
				min-width: 0;
			}
			input {
				width: calc(100% - 74px);
				height: 44px;
				margin: 0 12px 0 52px;
				accent-color: var(--accent);
			}
			@container (min-width: 900px) {
				.replay {
					grid-template-columns: 250px minmax(0, 1fr);
				}
			}
		`,
	];

	@state() private chosen: number | undefined; // the start of the shown discharge
	@state() private compared: number | undefined;
	@state() private battery = ""; // the id of the picked battery
	@state() private step = STEPS;
	@state() private curves: ReadonlyMap<number, Curve> = new Map();
	readonly #answer = new Answer<Discharges>(this);
	#of = ""; // the id of the string of the last request
	#underWay = ""; // its operating state, and the discharge under way, at the last message
	#again = false; // whether discharges may have been missed meanwhile
	#growing: { start: number; answer: Curve; growing: Growing } | undefined; // of the discharge under way
	#made: { replay: Replay; from: readonly unknown[] } | undefined;

	/** Home Assistant keeps a page that is left, and shows it again as it was. */
	override connectedCallback(): void {
		this.#again = true;
		super.connectedCallback();
		document.addEventListener("visibilitychange", this.#returned);
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		document.removeEventListener("visibilitychange", this.#returned);
	}

	/** A page in the background gets no messages after a while. */
	readonly #returned = (): void => {
		if (document.visibilityState !== "visible") return;
		this.#again = true;
		this.requestUpdate();
	};

	protected override heading({ context }: Shown): string {
		return context.say("replay");
	}

	protected override inDischarge({ bank }: Shown): readonly BankString[] {
		const string = this.stringOf(bank);
		return string ? [string] : [];
	}

	/** Load the discharges of the string, and again when one begins or ends, or when the page is shown again. */
	protected override follow({ bank, context }: Shown): void {
		const string = this.stringOf(bank);
		if (!string) return;
		const { state, discharge_start: start } = string.values;
		const underWay = `${state === "discharge" ? state : ""} ${start ?? ""}`;
		const again = this.#again || underWay !== this.#underWay;
		this.#underWay = underWay;
		this.#again = false;
		if (this.#of !== string.id) {
			this.#of = string.id;
			this.#answer.forget();
			this.chosen = this.compared = undefined;
			this.battery = "";
			this.curves = new Map();
			this.#load(string, context);
		} else if (again) this.#load(string, context);
		this.#grow(string);
	}

	/** Follow the curve of the discharge under way. */
	#grow(string: BankString): void {
		const start = string.values.discharge_start;
		const answer = start === null ? undefined : this.curves.get(start);
		if (start === null || !answer) this.#growing = undefined;
		else if (this.#growing?.answer !== answer) this.#growing = { start, answer, growing: new Growing(answer) };
	}

	/** The curve of a discharge: of the one under way up to now. */
	#curveOf(string: BankString, start: number | undefined): Curve | undefined {
		if (start === undefined) return undefined;
		if (this.#growing?.start !== start) return this.curves.get(start);
		return this.#growing.growing.grown(string, Date.now() / 1000 - start);
	}

	/** Load the first page, which may hold a discharge that has grown; or the next page after the loaded ones. */
	#load(string: BankString, context: Context, offset = 0): void {
		this.#answer.ask(async () => {
			const page = await context.ask("discharges", { string: string.id, limit: PAGE, offset });
			const before = this.#answer.value?.discharges.slice(0, offset) ?? [];
			const discharges = [...before, ...page.discharges];
			const first = discharges.find((one) => one.has_curve) ?? discharges[0];
			this.chosen ??= first?.start;
			if (!offset) void this.#refresh(string, discharges, context);
			return { discharges, more: page.more };
		});
	}

	/** Load the shown curves again, and forget the others. */
	async #refresh(string: BankString, discharges: readonly Discharge[], context: Context): Promise<void> {
		const shown = [this.chosen, this.compared].filter((start) => start !== undefined);
		this.curves = new Map([...this.curves].filter(([start]) => shown.includes(start)));
		await Promise.all(shown.map((start) => this.#learn(string, start, discharges, context)));
	}

	/** Load the curve of a discharge, if there is one. */
	async #learn(string: BankString, start: number, discharges: readonly Discharge[], context: Context): Promise<void> {
		const one = discharges.find((one) => one.start === start && one.has_curve);
		if (!one) return;
		try {
			const answer = await context.ask("curve", { string: string.id, start });
			const curve = one.end === null ? answer : heldUntil(answer, one.end - start, one.drawn);
			if (this.#of === string.id) this.curves = new Map([...this.curves, [start, curve]]);
		} catch (error) {
			toast(this, context.failure(error));
		}
	}

	/** Show a discharge, or compare with it. */
	#need(string: BankString, start: number, discharges: readonly Discharge[], context: Context): void {
		if (!this.curves.has(start)) void this.#learn(string, start, discharges, context);
	}

	protected override tools({ bank, context }: Shown): TemplateResult | typeof nothing {
		const string = this.stringOf(bank);
		const { discharges = [] } = this.#answer.value ?? {};
		const others = discharges.filter((one) => one.has_curve && one.start !== this.chosen);
		if (!string || !others.length) return nothing;
		const { say, format } = context;
		const compare = (event: Event) => {
			const { value } = event.target as HTMLSelectElement;
			this.compared = value ? Number(value) : undefined;
			if (this.compared !== undefined) this.#need(string, this.compared, discharges, context);
		};
		return html`<select aria-label=${say("compare")} @change=${compare}>
			<option value="" ?selected=${this.compared === undefined}>${say("compare")}</option>
			${others.map(
				({ start }) => html`
					<option value=${start} ?selected=${start === this.compared}>${format.moment(start)}</option>
				`,
			)}
		</select>`;
	}

	protected override body(shown: Shown): TemplateResult {
		const { bank, context } = shown;
		const string = this.stringOf(bank);
		if (!string) return this.empty(shown);
		const { value, error } = this.#answer;
		if (error) return html`<p class="empty">${context.failure(error)}</p>`;
		if (!value) return html``;
		if (!value.discharges.length) return html`<p class="empty">${context.say("replay_none")}</p>`;
		return html`<div class="replay">${this.#list(string, value, shown)} ${this.#main(string, value, context)}</div>`;
	}

	#list(string: BankString, { discharges, more }: Discharges, { bank, context }: Shown): TemplateResult {
		const choose = (start: number) => {
			this.chosen = start;
			if (this.compared === start) this.compared = undefined;
			this.step = STEPS;
			this.#need(string, start, discharges, context);
		};
		const earlier = more && (() => this.#load(string, context, discharges.length));
		const shown = discharges.map((one) => withPresent(one, string));
		const list = { discharges: shown, chosen: this.chosen, choose, earlier };
		return dischargeList(list, string, bank.lines.get(string.line), context);
	}

	#main(string: BankString, { discharges }: Discharges, context: Context): TemplateResult {
		const { say } = context;
		const shown = discharges.find((one) => one.start === this.chosen);
		const curve = this.#curveOf(string, this.chosen);
		if (!curve) {
			return html`<div class="main">
				<p class="empty">${shown?.has_curve ? "" : say("no_curve")}</p>
			</div>`;
		}
		const replay = this.#replay(string, curve, shown?.end === null, context);
		const { chart, batteries, mean } = replay;
		const at = Math.min((this.step / STEPS) * chart.across.max, lengthOf(curve));
		const moment = momentOf(string, curve, mean, at, context);
		const pick = ({ detail }: CustomEvent<ChartPick>) => {
			const battery = detail.series === null ? null : batteries[detail.series];
			if (battery) this.#pick(battery);
		};
		const tile = ({ detail }: CustomEvent<TilePick>) => this.#pick(string.batteries[detail.index]?.id ?? "");
		return html`<div class="main">
			<div>
				<battery-bank-chart
					file="${string.name} ${context.format.date(curve.start)}"
					.context=${context}
					.chart=${chart}
					.marker=${{ from: at, to: at }}
					@chart-pick=${pick}
				></battery-bank-chart>
				<input
					type="range"
					min="0"
					max=${STEPS}
					.value=${live(String(Math.round((at / chart.across.max) * STEPS)))}
					aria-label=${say("time_into")}
					aria-valuetext=${context.format.duration(at)}
					@input=${(event: Event) => {
						this.step = Number((event.target as HTMLInputElement).value);
						this.requestUpdate(); // beyond the end of the discharge, the slider goes back there
					}}
				/>
				${legend(chart.keys ?? [])}
			</div>
			${figures(moment.figures, say)}
			<battery-bank-tiles .label=${say("batteries")} .tiles=${moment.tiles} @tile-pick=${tile}></battery-bank-tiles>
			${this.#below(string, replay, context)} ${this.#summary(string, discharges, context)}
		</div>`;
	}

	/** The discharge in figures, compared with the chosen one or the one before. */
	#summary(string: BankString, discharges: readonly Discharge[], context: Context): TemplateResult | typeof nothing {
		const index = discharges.findIndex(({ start }) => start === this.chosen);
		const one = discharges[index];
		if (!one) return nothing;
		const other = discharges.find(({ start }) => start === this.compared) ?? discharges[index + 1];
		return dischargeSummary(withPresent(one, string), other, string, context);
	}

	#pick(battery: string): void {
		this.battery = this.battery === battery ? "" : battery;
	}

	#replay(string: BankString, curve: Curve, underWay: boolean, context: Context): Replay {
		const other = this.compared === undefined ? undefined : this.curves.get(this.compared);
		const from = [string.batteries, curve, underWay, other, this.battery, context];
		if (!this.#made?.from.every((one, index) => one === from[index])) {
			const played = { string, curve, underWay, other, picked: this.battery };
			this.#made = { replay: replayChart(played, context.format, context.say), from };
		}
		return this.#made.replay;
	}

	#below(string: BankString, { below: found, chart, underWay }: Replay, context: Context): TemplateResult {
		const { say } = context;
		const left = found.length - MOST;
		const none = underWay ? html`<li class="faint">${chart.label}</li>` : well(chart.label);
		return html`<ul class="items">
			${found.slice(0, MOST).map((one) => this.#failed(one, string, context))} ${found.length ? nothing : none}
			${left > 0 ? html`<li class="faint">${say("more", { count: left })}</li>` : nothing}
		</ul>`;
	}

	#failed({ battery, at, drawn, lowest }: Below, string: BankString, { say, format }: Context): TemplateResult {
		const number = string.batteries.find((one) => one.id === battery)?.number ?? "?";
		const low = `${say("lowest")} ${format.volts(lowest, string)}`;
		return html`<li>
			<button class="item" data-level="alarm" @click=${() => this.#pick(battery)}>
				${sign("alarm", say("below_end"))}
				<strong>${say("below_after", { number, time: format.duration(at) })}</strong>
				<span class="much">${drawn === null ? low : `${format.value(drawn, 1, "Ah")} · ${low}`}</span>
			</button>
		</li>`;
	}
}
