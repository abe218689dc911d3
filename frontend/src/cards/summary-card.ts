/** State, figures and alarms of strings, the worst first; with `fill` as a page of its own. */
import { css, html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { worstFirst } from "../data/bank.ts";
import { Card, type Shown } from "./card.ts";

export class SummaryCard extends Card {
	static override styles = [
		Card.styles,
		css`
			.panels {
				display: grid;
				gap: 16px;
				grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr));
				&.alone {
					grid-template-columns: minmax(0, 1fr);
				}
			}
			.fill {
				display: flex;
				flex-direction: column;
				border: 0;
				border-radius: 0;
				box-shadow: none;
				background: none;
				box-sizing: border-box;
				--page: calc(
					100dvh - var(--header-height, 56px) - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px)
				);
				min-height: var(--page);
				@media (min-width: 641px) {
					height: var(--page);
				}
				padding: 8px;
				.body {
					flex: 1;
					min-height: 0;
				}
			}
		`,
	];

	protected override heading({ context }: Shown): string {
		return context.say("overview");
	}

	protected override readonly titled = false;
	protected override readonly ofOneString = false; // each panel shows the problem of its own line

	protected override body(shown: Shown): TemplateResult {
		const { bank, context } = shown;
		const { config } = this;
		const all = this.wanted === undefined;
		const strings = all ? worstFirst(bank.strings.values(), bank.lines) : [this.stringOf(bank)];
		const known = strings.filter((string) => string !== undefined);
		if (!known.length) return this.empty(shown);
		if (config.fill && all) {
			return html`<battery-bank-overview
				.context=${context}
				.strings=${bank.strings}
				.lines=${bank.lines}
				.lastMessage=${this.lastMessage}
				?links=${config.links ?? false}
			></battery-bank-overview>`;
		}
		const alone = known.length === 1;
		return html`<div class="panels ${alone ? "alone" : ""}">
			${repeat(
				known,
				({ id }) => id,
				(string) => html`
					<battery-bank-panel
						.context=${context}
						.string=${string}
						.line=${bank.lines.get(string.line)}
						?alone=${alone}
						?compact=${config.compact ?? false}
						?links=${config.links ?? false}
					></battery-bank-panel>
				`,
			)}
		</div>`;
	}
}
