/** The chart of the discharge under way, which grows with each message of the feed. */
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { property } from "lit/decorators.js";

import type { Chart, ChartPick } from "../charts/chart.ts";
import { liveChart } from "../charts/live.ts";
import { Answer } from "../data/answer.ts";
import { type Context, emit, openBattery } from "../data/context.ts";
import { Growing } from "../data/growing.ts";
import type { BankString, Curve } from "../data/payload.ts";
import { type UnderWay } from "../data/under-way.ts";
import { base } from "./style.ts";

const AGAIN = 60_000; // ms until the recorded curve replaces the values of the feed
const LOOKED_THROUGH = 20; // discharges, for the last one with a curve

/** What the chart shows beside the curves of this discharge; the detail of the event `live-legend`. */
export interface Legend {
	/** The last discharge. */
	readonly dashed: boolean;
	/** What is expected. */
	readonly shaded: boolean;
}

export class LiveElement extends LitElement {
	static override styles = [
		base,
		css`
			:host {
				display: block;
				min-height: 0;
			}
			:host([fill]) {
				height: 100%;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) string!: BankString;
	@property({ attribute: false }) now!: UnderWay;
	/** Whether it is as high as the room for it. */
	@property({ type: Boolean, reflect: true }) fill = false;
	readonly #own = new Answer<Curve>(this);
	readonly #last = new Answer<Curve | null>(this);
	#start = 0; // of the discharge that is loaded
	#answered: Curve | undefined; // the last answer
	#compared: Curve | null | undefined; // with which the chart was made
	#growing: Growing | undefined; // that with the values of the feed since then
	#made: { chart: Chart; batteries: (number | null)[] } | undefined;

	protected override willUpdate(changed: PropertyValues<this>): void {
		const { string, now, context } = this;
		const data = { string: string.id, start: now.start };
		if (now.start !== this.#start) {
			this.#start = now.start;
			this.#growing = this.#answered = undefined;
			this.#own.forget();
			this.#last.forget();
			this.#own.ask(() => context.ask("curve", data));
			this.#last.ask(() => this.#before());
		}
		const seconds = Date.now() / 1000 - now.start;
		if (this.#own.value !== this.#answered) {
			this.#answered = this.#own.value;
			this.#growing = this.#answered && new Growing(this.#answered);
			this.#own.ask(() => context.ask("curve", data), AGAIN);
		}
		if (!this.#growing) return;
		if (changed.has("string") || changed.has("context") || !this.#made || this.#compared !== this.#last.value) {
			this.#compared = this.#last.value;
			const live = {
				string,
				now,
				seconds,
				curve: this.#growing.grown(string, seconds),
				last: this.#last.value ?? undefined,
			};
			this.#made = liveChart(live, context.format, context.say);
		}
	}

	/** Load the curve of the last discharge before this one. */
	async #before(): Promise<Curve | null> {
		const { string, context, now } = this;
		const { discharges } = await context.ask("discharges", { string: string.id, limit: LOOKED_THROUGH, offset: 0 });
		const last = discharges.find((one) => one.has_curve && one.start < now.start);
		return last ? context.ask("curve", { string: string.id, start: last.start }) : null;
	}

	/** Say what the chart shows beside the curves of this discharge. */
	protected override updated(): void {
		const { series = [], areas = [] } = this.#made?.chart ?? {};
		const dashed = series.some(({ look, values }) => look === "other" && values.some((value) => value !== null));
		emit(this, "live-legend", { dashed, shaded: areas.length > 0 } satisfies Legend);
	}

	protected override render() {
		const made = this.#made;
		if (!made || !this.#growing) return nothing;
		const pick = ({ detail }: CustomEvent<ChartPick>) => {
			const index = detail.series === null ? null : made.batteries[detail.series];
			if (index !== null && index !== undefined) openBattery(this, this.string.id, index);
		};
		const seconds = Date.now() / 1000 - this.now.start;
		return html`<battery-bank-chart
			?fill=${this.fill}
			.context=${this.context}
			.chart=${made.chart}
			.marker=${{ from: seconds, to: seconds }}
			@chart-pick=${pick}
		></battery-bank-chart>`;
	}
}
