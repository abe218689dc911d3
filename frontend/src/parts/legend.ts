/** What the lines of a chart are. */
import { css, html, type TemplateResult } from "lit";

import type { Key } from "../charts/chart.ts";

export const legendStyle = css`
	.keys {
		display: flex;
		flex-wrap: wrap;
		gap: 6px 20px;
		font-size: 14px;
		color: var(--faint);
		li {
			display: flex;
			align-items: center;
			gap: 8px;
		}
		i {
			width: 28px;
			border-top: 2.4px solid var(--text);
		}
		[data-look="bad"] {
			border-color: var(--worse);
		}
		[data-look="picked"] {
			border-color: var(--accent);
		}
		[data-look="other"] {
			border-color: var(--low);
			border-top-style: dashed;
		}
	}
`;

export function legend(keys: readonly Key[]): TemplateResult {
	return html`<ul class="keys">
		${keys.map(({ look, text }) => html`<li><i data-look=${look} aria-hidden="true"></i>${text}</li>`)}
	</ul>`;
}
