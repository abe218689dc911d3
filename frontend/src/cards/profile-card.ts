/** One quantity of all batteries of a string as bars around their median. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { type Profiled, profileOf, profilesOf } from "../charts/profile.ts";
import type { BankString } from "../data/payload.ts";
import { statusOf } from "../data/status.ts";
import { choice } from "../parts/style.ts";
import { choices } from "../parts/templates.ts";
import { Card, type Shown } from "./card.ts";

export class ProfileCard extends Card {
	static override styles = [
		Card.styles,
		choice,
		css`
			.facts {
				min-height: 1.5em;
				margin-bottom: 4px;
				font-size: 15px;
			}
		`,
	];

	@state() private chosen: Profiled | undefined;
	@state() private sorted = false;

	#quantity(string: BankString): Profiled {
		const wanted = this.chosen ?? this.config.profile;
		return profilesOf(string).find((key) => key === wanted) ?? "voltage";
	}

	protected override heading({ bank, context }: Shown): string {
		const string = this.stringOf(bank);
		return string && !this.choosable({ bank, context })
			? `${string.name} · ${context.say("profile")}`
			: context.say("profile");
	}

	protected override tools({ bank, context: { say } }: Shown): TemplateResult | typeof nothing {
		const string = this.stringOf(bank);
		if (!string) return nothing;
		const current = this.#quantity(string);
		return html`
			${choices(say("profile"), profilesOf(string), current, say, (key) => (this.chosen = key))}
			<button aria-pressed=${this.sorted} @click=${() => (this.sorted = !this.sorted)}>
				${say(this.sorted ? "in_order" : "sorted")}
			</button>
		`;
	}

	protected override body(shown: Shown): TemplateResult {
		const { bank, context } = shown;
		const string = this.stringOf(bank);
		if (!string) return this.empty(shown);
		const quantity = this.#quantity(string);
		const line = bank.lines.get(string.line);
		const profile = statusOf(string, line).monitored ? profileOf(quantity, string, context.format, context.say) : null;
		return html`
			<p class="facts faint">${profile?.facts}</p>
			<battery-bank-bars
				.context=${context}
				.string=${string}
				.line=${line}
				.quantity=${quantity}
				?sorted=${this.sorted}
			></battery-bank-bars>
		`;
	}
}
