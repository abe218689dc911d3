/** Voltage, current or temperature of a string over time, above bands of its operating state. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import type { Chart } from "../charts/chart.ts";
import { BANDS, historyChart, type Line } from "../charts/history.ts";
import { Answer } from "../data/answer.ts";
import type { Context } from "../data/context.ts";
import { meansOf, type Range, RANGES, type Span, spansOf } from "../data/history.ts";
import type { BankString } from "../data/payload.ts";
import { whyNotMonitored } from "../parts/reasons.ts";
import { choice } from "../parts/style.ts";
import { choices } from "../parts/templates.ts";
import { Card, type Shown } from "./card.ts";

const QUANTITIES = ["voltage", "current", "temperature"] as const;
type Quantity = (typeof QUANTITIES)[number];

/** The keys of the entities of each quantity, the first one as the main line, and the least height of its scale. */
const ENTITIES: Readonly<Record<Quantity, { keys: readonly string[]; least: number }>> = {
	voltage: { keys: ["voltage"], least: 0.5 },
	current: { keys: ["current"], least: 1 },
	temperature: { keys: ["highest_temperature", "ambient_temperature"], least: 4 },
};
const AGAIN = 300_000; // ms until the values are loaded again
const LONGEST = 50; // discharges that are asked for, for the bands beyond the history of the recorder

interface Loaded {
	of: string;
	from: number;
	to: number;
	lines: Line[];
	spans: Span[];
}

export class TrendCard extends Card {
	static override styles = [
		Card.styles,
		choice,
		css`
			.bands {
				display: flex;
				flex-wrap: wrap;
				gap: 6px 18px;
				margin-top: 8px;
				font-size: 14px;
				color: var(--faint);
				li {
					display: flex;
					align-items: center;
					gap: 8px;
				}
				i {
					width: 22px;
					height: 14px;
					border-radius: 3px;
					background: color-mix(in srgb, var(--band) 26%, transparent);
				}
				[data-band="discharge"] {
					--band: var(--high);
				}
				[data-band="recharge"] {
					--band: var(--low);
				}
				[data-band="boost"] {
					--band: var(--good);
				}
				[data-band="float"] {
					background: color-mix(in srgb, var(--text) 7%, transparent);
					box-shadow: inset 0 0 0 1px var(--rule);
				}
				[data-band="test"] {
					background: color-mix(in srgb, var(--worse) 45%, transparent);
				}
				.line {
					height: 0;
					border-radius: 0;
					border-top: 2.4px solid var(--text);
				}
				.line.other {
					border-top: 2.4px dashed var(--low);
				}
			}
		`,
	];

	@state() private quantity: Quantity = "voltage";
	@state() private range: Range = RANGES[1];
	readonly #answer = new Answer<Loaded>(this);
	#wanted = "";
	#made: { loaded: Loaded; context: Context; chart: Chart | null } | undefined;

	#quantitiesOf({ measures }: BankString): Quantity[] {
		return QUANTITIES.filter((key) => key === "voltage" || measures[key]);
	}

	protected override heading({ context }: Shown): string {
		return context.say("history");
	}

	protected override follow({ bank, context }: Shown): void {
		const string = this.stringOf(bank);
		if (!string) return;
		const wanted = `${string.id} ${this.quantity} ${this.range.key}`;
		const ask = () => this.#load(string, context, wanted);
		if (wanted !== this.#wanted) {
			this.#answer.forget();
			this.#answer.ask(ask);
		} else if (!this.#answer.pending) this.#answer.ask(ask, AGAIN);
		this.#wanted = wanted;
	}

	async #load(string: BankString, context: Context, of: string): Promise<Loaded> {
		const { seconds, period } = this.range;
		const to = Date.now() / 1000;
		const from = to - seconds;
		const { say, texts } = context;
		const { string: entities } = await context.ask("entities", { string: string.id });
		const known = ENTITIES[this.quantity].keys.filter((key) => entities[key]);
		const ids = known.map((key) => entities[key] ?? "");
		const [means, spans, past, tested] = await Promise.all([
			meansOf(context, ids, from, period),
			entities.condition ? spansOf(context, entities.condition, from, to) : [],
			context.ask("discharges", { string: string.id, limit: LONGEST, offset: 0 }),
			string.measures.resistance ? context.ask("resistances", { string: string.id }) : undefined,
		]);
		const lines = known.map((key, index): Line => {
			const name = key === "ambient_temperature" ? say("ambient") : texts.or(`name.${key}`, say(this.quantity));
			return { name, look: index ? "other" : "bold", means: means.get(entities[key] ?? "") ?? [] };
		});
		// The recorder forgets states after some days; the journal does not forget discharges.
		const first = spans[0]?.from ?? to;
		const earlier = past.discharges
			.filter(({ start, end }) => start < first && (end ?? to) > from)
			.map(({ start, end }) => ({ from: Math.max(from, start), to: Math.min(first, end ?? to), state: "discharge" }));
		const tests = (tested?.runs ?? [])
			.filter(([, end]) => end > from)
			.map(([begin, end]) => ({ from: Math.max(from, begin), to: end, state: "test" }));
		return { of, from, to, lines, spans: [...earlier, ...spans, ...tests] };
	}

	protected override tools(shown: Shown): TemplateResult | typeof nothing {
		const { bank, context } = shown;
		const { say } = context;
		const string = this.stringOf(bank);
		if (!string) return nothing;
		return html`
			${this.stringName(shown)}
			${choices(say("history"), this.#quantitiesOf(string), this.quantity, say, (key) => (this.quantity = key))}
			${choices(
				say("time_span"),
				RANGES,
				this.range,
				({ key }) => say(`span_${key}`),
				(range) => (this.range = range),
			)}
		`;
	}

	protected override body(shown: Shown): TemplateResult {
		const { bank, context } = shown;
		const string = this.stringOf(bank);
		if (!string) return this.empty(shown);
		const { value: loaded, error } = this.#answer;
		if (error) return html`<p class="empty">${context.failure(error)}</p>`;
		if (!loaded) return html``;
		if (this.#made?.loaded !== loaded || this.#made.context !== context) {
			this.#made = { loaded, context, chart: this.#chart(loaded, context) };
		}
		const { chart } = this.#made;
		if (!chart) {
			const reason = whyNotMonitored(string, bank.lines.get(string.line), context);
			return html`<p class="empty">${reason || context.say("no_history")}</p>`;
		}
		return html`
			<battery-bank-chart
				.context=${context}
				.chart=${chart}
				file="${string.name} ${context.say(this.quantity)}"
			></battery-bank-chart>
			${this.#bands(loaded, context)}
		`;
	}

	#chart({ from, to, lines, spans }: Loaded, { format, say }: Context): Chart | null {
		const unit = { voltage: "V", current: "A", temperature: "°C" }[this.quantity];
		const text = (value: number | null, digits = 1) =>
			this.quantity === "temperature"
				? format.temperature(value)
				: format.value(value, Math.max(1, digits), unit, this.quantity === "current");
		const step = { "5minute": 300, hour: 3600, day: 86400 }[this.range.period];
		const { least } = ENTITIES[this.quantity];
		const label = say(this.quantity);
		return historyChart({ label, from, to, lines, spans, step, text, unit, least }, { format, say });
	}

	#bands({ spans, lines }: Loaded, { say, texts }: Context): TemplateResult | typeof nothing {
		if (this.config.hide_legend) return nothing;
		const name = (band: (typeof BANDS)[number]) =>
			band === "test" ? say("resistance_test") : texts.or(`condition.${band}`, band);
		const found = BANDS.filter((band) => spans.some(({ state }) => state === band));
		return html`<ul class="bands">
			${
				lines.length > 1
					? lines.map(({ name, look }) => html`<li><i class="line ${look}" aria-hidden="true"></i>${name}</li>`)
					: nothing
			}
			${found.map((band) => html`<li><i data-band=${band} aria-hidden="true"></i>${name(band)}</li>`)}
		</ul>`;
	}
}
