/** The bar profile of a string: one bar for each battery, which opens it. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { ChartPick } from "../charts/chart.ts";
import { type Profile, type Profiled, profileOf, profileText } from "../charts/profile.ts";
import { type Context, openBattery } from "../data/context.ts";
import type { BankString, Line } from "../data/payload.ts";
import { whyNotMonitored } from "./reasons.ts";
import { base } from "./style.ts";

const STEPS: Readonly<Record<string, number>> = {
	...{ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 },
	...{ PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity },
};

export class ProfileElement extends LitElement {
	static override styles = [
		base,
		css`
			:host {
				display: block;
				min-height: 0;
			}
			:host([fill]),
			:host([fill]) .keyed {
				height: 100%;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) string!: BankString;
	@property({ attribute: false }) line: Line | undefined;
	@property() quantity: Profiled = "voltage";
	/** From the lowest to the highest value. */
	@property({ type: Boolean }) sorted = false;
	/** Whether it is as high as the room for it. */
	@property({ type: Boolean, reflect: true }) fill = false;
	@state() private selected = -1; // the index of a battery, chosen with keys
	#profile: Profile | null = null;

	protected override willUpdate(changed: PropertyValues<this>): void {
		const before = changed.get("string");
		if (before && before.id !== this.string.id) this.selected = -1;
		if ([...changed.keys()].some((key) => key !== "selected" && key !== "fill")) {
			const { quantity, string, context, sorted } = this;
			this.#profile = profileOf(quantity, string, context.format, context.say, { sorted });
		}
	}

	protected override render(): TemplateResult {
		const { context, string, quantity, selected } = this;
		const { say, format } = context;
		const profile = this.#profile;
		const reason = whyNotMonitored(string, this.line, context);
		if (!profile || reason) return html`<p class="empty">${reason || say("not_yet")}</p>`;
		const { chart, order } = profile;
		const place = selected < 0 ? -1 : order.indexOf(selected);
		const current = place < 0 ? order.indexOf(profile.lowest) : place;
		const index = order[current] ?? 0;
		const value = profileText(quantity, string.cells[quantity][index] ?? null, string, format);
		const pick = ({ detail }: CustomEvent<ChartPick>) => this.#open(order[Math.round(detail.at)]);
		return html`<div class="keyed">
			<div
				role="slider"
				tabindex="0"
				aria-orientation="horizontal"
				aria-label=${say(quantity)}
				aria-valuemin="1"
				aria-valuemax=${order.length}
				aria-valuenow=${current + 1}
				aria-valuetext=${say("named", { name: say("battery", { number: string.batteries[index]?.number ?? "?" }), value })}
				@keydown=${(event: KeyboardEvent) => this.#pressed(event, order, current)}
			></div>
			<battery-bank-chart
				?fill=${this.fill}
				file=${this.fill ? "" : `${string.name} ${say(quantity)}`}
				.context=${context}
				.chart=${chart}
				@chart-pick=${pick}
				.marker=${place < 0 ? undefined : { from: place - 0.5, to: place + 0.5 }}
			></battery-bank-chart>
		</div>`;
	}

	#open(index: number | undefined): void {
		if (index !== undefined) openBattery(this, this.string.id, index);
	}

	#pressed(event: KeyboardEvent, order: readonly number[], current: number): void {
		const step = STEPS[event.key];
		if (event.key === "Enter") this.#open(order[current]);
		else if (step !== undefined) {
			this.selected = order[Math.max(0, Math.min(order.length - 1, current + step))] ?? -1;
		} else return;
		event.preventDefault();
	}
}
