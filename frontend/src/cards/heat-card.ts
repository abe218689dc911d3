/** All batteries of a string over the months: resistance against the baseline, or deviation. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { Answer } from "../data/answer.ts";
import { type Context, openBattery } from "../data/context.ts";
import { type Heat, heatOf } from "../data/heat.ts";
import { meansOf } from "../data/history.ts";
import type { BankString } from "../data/payload.ts";
import { QUANTITIES, type QuantityKey, quantityName, scaleOf } from "../data/quantities.ts";
import type { HeatPick } from "../parts/heat.ts";
import { choice } from "../parts/style.ts";
import { choices } from "../parts/templates.ts";
import { marks, mix } from "../parts/theme.ts";
import { Card, type Shown } from "./card.ts";

const KEYS = ["resistance", "deviation"] as const satisfies readonly QuantityKey[];
type Key = (typeof KEYS)[number];

const WEEK = 7 * 86400; // s
const WEEKS = 52;
const AGAIN = 3_600_000; // ms until the values are loaded again

interface Loaded extends Heat {
	of: string;
}

export class HeatCard extends Card {
	static override styles = [
		Card.styles,
		choice,
		marks,
		css`
			.legend {
				display: flex;
				flex-wrap: wrap;
				align-items: center;
				gap: 6px 12px;
				margin-top: 8px;
				font-size: 14px;
				color: var(--faint);
				.scale {
					background: linear-gradient(to right, ${mix("low", "85%")}, var(--quiet), ${mix("high", "85%")});
				}
				.beyond {
					width: 22px;
					height: 14px;
					margin-left: 8px;
					border-radius: 4px;
					background: var(--worse);
				}
			}
		`,
	];

	@state() private chosen: Key | undefined;
	readonly #answer = new Answer<Loaded>(this);
	#wanted = "";

	#keysOf({ measures }: BankString): Key[] {
		return KEYS.filter((key) => key !== "resistance" || measures.resistance);
	}

	#keyOf(string: BankString): Key {
		const keys = this.#keysOf(string);
		return keys.find((key) => key === this.chosen) ?? keys[0] ?? "deviation";
	}

	protected override heading({ context }: Shown): string {
		return context.say("heat_map");
	}

	protected override follow({ bank, context }: Shown): void {
		const string = this.stringOf(bank);
		if (!string) return;
		const key = this.#keyOf(string);
		const wanted = `${string.id} ${key}`;
		const ask = () => this.#load(string, key, context, wanted);
		if (wanted !== this.#wanted) {
			this.#answer.forget();
			this.#answer.ask(ask);
		} else if (!this.#answer.pending) this.#answer.ask(ask, AGAIN);
		this.#wanted = wanted;
	}

	/** Load the resistances from the journal, which has all tests, and the deviations from the recorder. */
	async #load(string: BankString, key: Key, context: Context, of: string): Promise<Loaded> {
		if (key === "resistance") return { of, ...(await context.ask("resistance_weeks", { string: string.id })) };
		const { batteries } = await context.ask("entities", { string: string.id });
		const ids = string.batteries.map(({ id }) => batteries[id]?.deviation ?? "");
		const from = Date.now() / 1000 - WEEKS * WEEK;
		const means = await meansOf(
			context,
			ids.filter((id) => id),
			from,
			"week",
		);
		return { of, ...heatOf(ids.map((id) => means.get(id) ?? [])) };
	}

	protected override tools(shown: Shown): TemplateResult | typeof nothing {
		const { bank, context } = shown;
		const string = this.stringOf(bank);
		if (!string) return nothing;
		const current = this.#keyOf(string);
		return html`
			${this.stringName(shown)}
			${choices(
				context.say("colour_by"),
				this.#keysOf(string),
				current,
				(key) => context.say(quantityName(key, string)),
				(key) => (this.chosen = key),
			)}
		`;
	}

	protected override body(shown: Shown): TemplateResult {
		const { bank, context } = shown;
		const string = this.stringOf(bank);
		if (!string) return this.empty(shown);
		const { value: heat, error } = this.#answer;
		if (error) return html`<p class="empty">${context.failure(error)}</p>`;
		if (!heat) return html``;
		const key = this.#keyOf(string);
		const none = key === "resistance" ? "no_test" : "no_history";
		if (!heat.weeks.length) return html`<p class="empty">${context.say(none)}</p>`;
		const scale = scaleOf(key, string, context.format);
		const { warning = 1 } = QUANTITIES[key].limit(string) ?? {};
		const open = ({ detail }: CustomEvent<HeatPick>) => openBattery(this, string.id, detail.index);
		return html`
			<battery-bank-heat-map
				.context=${context}
				.heat=${heat}
				.batteries=${string.batteries}
				.normal=${QUANTITIES[key].normal}
				.warning=${warning}
				.text=${(value: number | null) => QUANTITIES[key].long(value, context.format, string)}
				@heat-pick=${open}
			></battery-bank-heat-map>
			${
				scale
					? html`<p class="legend">
							${scale[0]} <i class="scale" aria-hidden="true"></i> ${scale[2]}
							<i class="beyond" aria-hidden="true"></i> ≥ ${scale[2]}
						</p>`
					: nothing
			}
		`;
	}
}
