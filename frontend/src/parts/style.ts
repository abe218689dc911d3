/** What the parts of the cards have in common: texts, buttons, figures, lists. */
import { css } from "lit";

import { mix } from "./theme.ts";

const levels = css`
	[data-level="warning"] {
		--level: var(--high);
	}
	[data-level="alarm"] {
		--level: var(--worse);
	}
	.sign {
		display: inline-block;
		flex: none;
		width: 0.8em;
		height: 0.8em;
		background: currentColor;
		clip-path: var(--sign);
		&:not([data-sign]) {
			display: none;
		}
	}
	[data-sign="ok"] {
		--sign: polygon(10% 50%, 22% 38%, 42% 58%, 82% 16%, 94% 28%, 42% 82%);
	}
	[data-sign="warning"] {
		--sign: var(--marker);
	}
	[data-sign="alarm"] {
		--sign: var(--diamond);
	}
	[data-sign="note"] {
		--sign: circle(28%);
	}
`;

const controls = css`
	button,
	select {
		min-height: 44px;
		min-width: 44px;
		padding: 0 16px;
		border-radius: 8px;
		cursor: pointer;
		border: 1px solid var(--rule);
		background: var(--quiet);
		color: var(--text);
		font: inherit;
		font-size: 15px;
		&:hover {
			background: ${mix("text", "12%")};
		}
		&.main {
			border-color: transparent;
			background: var(--text);
			color: var(--ground);
			font-weight: 500;
		}
		&.bare {
			border-color: transparent;
			background: none;
		}
	}
	/* A chart that keys go along: what takes the keys lies over it, as a slider may not contain buttons. */
	.keyed {
		position: relative;
		cursor: pointer;
		[role="slider"] {
			position: absolute;
			inset: 0;
			z-index: 1;
			border-radius: 8px;
			pointer-events: none;
		}
	}
	:focus-visible {
		outline: 3px solid var(--accent);
		outline-offset: 2px;
	}
	.actions {
		display: flex;
		flex-wrap: wrap;
		align-items: center;
		gap: 10px;
	}
`;

const figures = css`
	.figures {
		display: grid;
		grid-template-columns: repeat(auto-fit, minmax(130px, 1fr));
		gap: 12px 24px;
	}
	.figure {
		min-width: 0;
		dt {
			font-size: 15px;
			margin-bottom: 2px;
		}
		dd {
			display: flex;
			align-items: baseline;
			gap: 6px;
			font-size: var(--numeral);
			line-height: 1.1;
			letter-spacing: -0.01em;
		}
		small {
			font-size: max(15px, 0.42em);
			letter-spacing: 0;
		}
		.note {
			display: block;
			white-space: normal;
			font-size: 13px;
			line-height: normal;
			letter-spacing: normal;
			min-height: 17px;
		}
	}
	dt,
	dd small,
	.note {
		color: var(--faint);
	}
	dt,
	dd {
		white-space: nowrap;
	}
`;

const items = css`
	.items {
		display: flex;
		flex-direction: column;
		gap: 10px;
	}
	.items + .actions {
		margin-top: 12px;
	}
	.item {
		display: grid;
		grid-template-columns: auto minmax(0, 1fr) auto;
		gap: 2px 12px;
		align-items: start;
		hyphens: auto;
		overflow-wrap: anywhere;
		padding: 10px 12px;
		border-radius: 8px;
		background: var(--quiet);
		border-left: 5px solid var(--level, var(--rule));
		font-size: 16px;
		> .sign {
			font-size: 20px;
			margin-top: 3px;
			color: var(--level);
		}
		strong {
			line-height: 1.35;
			/* Chinese has no spaces between words: a battery and its number stay together. */
			word-break: keep-all;
			overflow-wrap: anywhere;
		}
		.much {
			text-align: right;
			white-space: nowrap;
		}
		.rest {
			grid-column: 2 / -1;
			line-height: 1.45;
			font-size: 14px;
			color: var(--faint);
		}
		.advice {
			color: var(--text);
		}
	}
	@container (max-width: 420px) {
		.item .much {
			grid-column: 2 / -1;
			text-align: left;
			white-space: normal;
		}
		.figure dt {
			white-space: normal;
			hyphens: auto;
		}
	}
	button.item {
		width: 100%;
		text-align: left;
		border-width: 0 0 0 5px;
	}
	.well {
		display: flex;
		align-items: center;
		gap: 12px;
		padding: 12px 0;
		font-size: 16px;
		line-height: 1.5;
		color: var(--good);
		.sign {
			font-size: 22px;
		}
	}
	.note-item {
		padding: 4px 0;
		font-size: 16px;
		line-height: 1.5;
	}
	[data-level="pending"] {
		--level: var(--high);
	}
	.chip {
		padding: 2px 10px;
		border-radius: 6px;
		background: var(--quiet);
		font-size: 14px;
		white-space: nowrap;
	}
	.badge {
		display: inline-flex;
		align-items: center;
		gap: 8px;
		min-height: 36px;
		padding: 0 14px;
		border-radius: 18px;
		font-size: 16px;
		font-weight: 500;
		white-space: nowrap;
		border: 2px solid var(--level, currentColor);
		&[data-level="ok"] {
			color: var(--good);
		}
		&[data-level="warning"] {
			background: var(--warning);
		}
		&[data-level="alarm"] {
			background: var(--worse);
			color: #fff;
		}
		&:is([data-level="pending"], [data-level="discharge"]) {
			border-color: var(--high);
		}
		&:is([data-level="not_monitored"], [data-level="partly"]) {
			border-style: dashed;
		}
		&[acknowledged] {
			background: none;
			color: var(--text);
		}
	}
`;

const text = css`
	* {
		box-sizing: border-box;
	}
	[hidden] {
		display: none !important;
	}
	h2,
	h3,
	p,
	ul,
	dl,
	dd {
		margin: 0;
		padding: 0;
	}
	h2,
	h3,
	strong {
		font-weight: 500;
	}
	h2 {
		flex: 1 1 auto;
		font-size: 20px;
		line-height: 1.25;
	}
	h3 {
		font-size: 16px;
	}
	ul {
		list-style: none;
	}
	.faint {
		color: var(--faint);
	}
	.small {
		font-size: 14px;
		line-height: 1.4;
	}
	.empty {
		padding: 24px 0;
		font-size: 16px;
		line-height: 1.5;
		&:not(.well) {
			color: var(--faint);
		}
	}
	header {
		display: flex;
		flex-wrap: wrap;
		align-items: center;
		gap: 8px 16px;
		min-height: 44px;
		margin-bottom: 12px;
	}
	.notice {
		display: flex;
		align-items: center;
		justify-content: space-between;
		gap: 12px;
		margin-bottom: 12px;
		padding: 10px 14px;
		border-radius: 8px;
		border-left: 5px solid var(--high);
		background: ${mix("high", "18%")};
		font-size: 16px;
		line-height: 1.35;
	}
`;

/** Buttons of which one is chosen. */
export const choice = css`
	.choice {
		display: inline-flex;
		align-items: stretch;
		border: 1px solid var(--rule);
		border-radius: 8px;
		overflow: hidden;
		button {
			border: 0;
			border-radius: 0;
			background: none;
			padding: 0 12px;
		}
		button + button {
			border-left: 1px solid var(--rule);
		}
		[aria-pressed="true"] {
			background: var(--text);
			color: var(--ground);
		}
		:focus-visible {
			outline-offset: -4px;
		}
	}
	@container (max-width: 520px) {
		.tools,
		.choice {
			width: 100%;
		}
		.choice button {
			flex: 1 1 auto;
			min-width: min-content;
			padding: 0 6px;
			font-size: 14px;
			line-height: 1.2;
		}
	}
	@container (max-width: 380px) {
		.choice button {
			padding: 0 3px;
			font-size: 13px;
		}
	}
	@container (max-width: 300px) {
		.choice {
			flex-wrap: wrap;
		}
	}
`;

/** Fields in which a person types. */
export const fields = css`
	input {
		min-height: 44px;
		box-sizing: border-box;
		padding: 0 12px;
		border: 1px solid var(--rule);
		border-radius: 8px;
		background: var(--ground);
		color: var(--text);
		font: inherit;
		font-size: 16px;
	}
	form input {
		flex: 1 1 200px;
		min-width: 0;
	}
`;

/** For every part. */
export const base = [text, levels, controls, figures, items];
