/** The internal resistance of all batteries in relation to their baselines, with the limits. */
import { css, html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import type { Chart, ChartPick } from "../charts/chart.ts";
import { highestOf, resistancesChart } from "../charts/resistances.ts";
import { Answer } from "../data/answer.ts";
import { type Context, openBattery } from "../data/context.ts";
import type { BankString, Resistance, Resistances } from "../data/payload.ts";
import { Card, type Shown } from "./card.ts";

const SETTLE = 2_000; // ms after a test, until all results are requested again
const MOVED = 0.001; // of the baseline, by which a new test differs from the shown one
const KEYS: Readonly<Record<string, number>> = {
	...{ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 },
	...{ PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity },
};

export class ResistanceCard extends Card {
	static override styles = [
		Card.styles,
		css`
			.summary {
				flex: 1;
			}
			footer {
				display: flex;
				flex-wrap: wrap;
				align-items: center;
				gap: 8px 16px;
				min-height: 44px;
				margin-top: 8px;
			}
		`,
	];

	@state() private selected = -1;
	readonly #answer = new Answer<Resistances>(this);
	#of = ""; // the id of the string of the last request
	#chart: Chart | null = null;
	#made: { data: Resistances; context: Context } | undefined;

	protected override heading({ context }: Shown): string {
		return context.say("resistance_baseline");
	}

	protected override tools(shown: Shown) {
		return this.stringName(shown);
	}

	protected override body(shown: Shown): TemplateResult {
		const { bank, context } = shown;
		const string = this.stringOf(bank);
		if (!string) return this.empty(shown);
		const { say } = context;
		if (!string.measures.resistance) return message(say("no_test"));
		const { value: data, error } = this.#answer;
		if (error) return message(context.failure(error));
		if (!data) return html``;
		if (this.#made?.data !== data || this.#made.context !== context) {
			this.#chart = resistancesChart(data, context.format, say);
			this.#made = { data, context };
		}
		const chart = this.#chart;
		if (!chart) {
			return message(say(data.batteries.some((one) => one.value_mohm !== null) ? "no_baseline" : "no_test"));
		}
		const current = this.selected < 0 ? highestOf(data) : this.selected;
		const battery = data.batteries[current];
		const facts = battery ? summaryOf(battery, string, context) : "";
		return html`
			<div class="keyed">
				<div
					role="slider"
					tabindex="0"
					aria-orientation="horizontal"
					aria-label=${say("resistance_baseline")}
					aria-valuemin="1"
					aria-valuemax=${data.batteries.length}
					aria-valuenow=${current + 1}
					aria-valuetext=${facts}
					@keydown=${(event: KeyboardEvent) => this.#pressed(event, string, current)}
				></div>
				<battery-bank-chart
					file="${string.name} ${say("resistance")}"
					.context=${context}
					.chart=${chart}
					@chart-pick=${({ detail }: CustomEvent<ChartPick>) => this.#select(Math.round(detail.at))}
					.marker=${{ from: current - 0.5, to: current + 0.5 }}
				></battery-bank-chart>
			</div>
			<footer>
				<p class="summary">${facts}</p>
				<button @click=${() => openBattery(this, string.id, current)}>${say("details")}</button>
			</footer>
		`;
	}

	protected override inDischarge({ bank }: Shown): readonly BankString[] {
		const string = this.stringOf(bank);
		return string ? [string] : [];
	}

	/** Load the tests of the string, and load them again after a new test. */
	protected override follow({ bank, context }: Shown): void {
		const string = this.stringOf(bank);
		if (!string?.measures.resistance) return;
		const ask = () => context.ask("resistances", { string: string.id });
		if (this.#of !== string.id) {
			this.#of = string.id;
			this.selected = -1;
			this.#answer.forget();
			this.#answer.ask(ask);
		} else if (!this.#answer.pending && this.#moved(string)) this.#answer.ask(ask, SETTLE);
	}

	#moved({ batteries, cells }: BankString): boolean {
		const shown = this.#answer.value?.batteries ?? [];
		return shown.some(({ id, ratio }, index) => {
			const now = batteries[index]?.id === id ? (cells.ratio[index] ?? null) : null;
			return now !== null && Math.abs((ratio ?? 0) - now) > MOVED;
		});
	}

	#pressed(event: KeyboardEvent, string: BankString, current: number): void {
		const step = KEYS[event.key];
		if (event.key === "Enter") openBattery(this, string.id, current);
		else if (step !== undefined) this.#select(current + step);
		else return;
		event.preventDefault();
	}

	#select(index: number): void {
		this.selected = Math.max(0, Math.min((this.#answer.value?.batteries.length ?? 1) - 1, index));
	}
}

function message(text: string): TemplateResult {
	return html`<p class="empty">${text}</p>`;
}

function summaryOf(
	{ number, value_mohm, ratio, baseline_mohm, at }: Resistance,
	string: BankString,
	{ say, format }: Context,
): string {
	const facts = [
		say("named", { name: say("battery", { number }), value: format.milliohms(value_mohm, string) }),
		ratio === null ? say("no_baseline") : format.percent(ratio),
		`${say("baseline")} ${format.milliohms(baseline_mohm, string)}`,
	];
	if (at !== null) facts.push(say("tested", { time: format.moment(at) }));
	return facts.join(" · ");
}
