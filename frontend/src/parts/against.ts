/** The voltage of a battery over time, against the median of its string. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { Chart } from "../charts/chart.ts";
import { historyChart } from "../charts/history.ts";
import { Answer } from "../data/answer.ts";
import type { Context } from "../data/context.ts";
import { type Mean, meansOf, type Range, RANGES } from "../data/history.ts";
import type { BankString } from "../data/payload.ts";
import { base, choice } from "./style.ts";
import { choices } from "./templates.ts";

const LEAST = 0.02; // V per cell, the least height of the scale
const STEP = { "5minute": 300, hour: 3600, day: 86400 };

interface Loaded {
	from: number;
	to: number;
	range: Range;
	voltage: Mean[];
	median: Mean[];
}

export class AgainstElement extends LitElement {
	static override styles = [
		base,
		choice,
		css`
			:host {
				display: block;
			}
			header {
				justify-content: space-between;
				margin: 0;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) string!: BankString;
	@property({ type: Number }) number = 0;
	/** The ids of the entities of the battery. */
	@property() voltage = "";
	@property() deviation = "";
	@state() private range: Range = RANGES[2];
	readonly #answer = new Answer<Loaded>(this);
	#made: { loaded: Loaded; chart: Chart | null } | undefined;

	protected override willUpdate(changed: PropertyValues<this>): void {
		if (!changed.has("voltage") && !(changed as Map<PropertyKey, unknown>).has("range")) return;
		if (changed.has("voltage")) this.#answer.forget();
		this.#answer.ask(() => this.#load());
	}

	async #load(): Promise<Loaded> {
		const { context, range, voltage, deviation } = this;
		const to = Date.now() / 1000;
		const from = to - range.seconds;
		const means = await meansOf(context, [voltage, deviation], from, range.period);
		const own = means.get(voltage) ?? [];
		// The deviation is from the median, so the median is the voltage without it.
		const away = new Map(means.get(deviation) ?? []);
		const median = own.flatMap(([at, value]): Mean[] => {
			const known = away.get(at);
			return known === undefined ? [] : [[at, value - known]];
		});
		return { from, to, range, voltage: own, median };
	}

	protected override render(): TemplateResult | typeof nothing {
		const { context } = this;
		const { say } = context;
		const loaded = this.#answer.value;
		if (!loaded) return nothing;
		if (this.#made?.loaded !== loaded) this.#made = { loaded, chart: this.#chart(loaded) };
		const { chart } = this.#made;
		return html`
			<header>
				<h3>${say("against_median")}</h3>
				${choices(
					say("time_span"),
					RANGES,
					this.range,
					({ key }) => say(`span_${key}`),
					(range) => (this.range = range),
				)}
			</header>
			${
				chart
					? html`<battery-bank-chart
							.context=${context}
							.chart=${chart}
							file="${this.string.name} ${this.number}"
						></battery-bank-chart>`
					: html`<p class="small faint">${say("no_history")}</p>`
			}
		`;
	}

	#chart({ from, to, range, voltage, median }: Loaded): Chart | null {
		const { string, context, number } = this;
		const { say, format } = context;
		const least = LEAST * string.cells_per_battery;
		const text = (value: number | null, digits?: number) =>
			digits === undefined ? format.volts(value, string) : format.value(value, Math.max(1, digits), "V");
		const lines = [
			{ name: say("median_of_string"), look: "bold" as const, means: median },
			{ name: say("battery", { number }), look: "picked" as const, means: voltage },
		];
		const label = say("against_median");
		const step = STEP[range.period];
		return historyChart({ label, from, to, lines, step, text, unit: "V", least }, context);
	}
}
