/** One string in a box: its name, its status and its figures. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { type Context, emit, visit } from "../data/context.ts";
import type { BankString, Line } from "../data/payload.ts";
import { statusOf } from "../data/status.ts";
import { lineProblem } from "./problem.ts";
import { figuresOf } from "./string-figures.ts";
import { base } from "./style.ts";
import { Sparks } from "./sparks.ts";
import { badge, coverage, type Figure, figures } from "./templates.ts";

export class FiguresElement extends LitElement {
	static override styles = [
		base,
		css`
			:host {
				display: block;
				min-width: 0;
				cursor: pointer;
				--numeral: 27px;
			}
			:host([shown]) {
				border-color: var(--faint);
			}
			/* The sidebar of Home Assistant takes width from a box, and none from the window. */
			article {
				container-type: inline-size;
			}
			header {
				min-height: 0;
				flex-wrap: nowrap;
				gap: 10px;
				margin-bottom: 6px;
			}
			/* The name comes first: where both have no room, the words of the badge are cut short. */
			h2 {
				flex: 0 1 auto;
				min-width: 0;
				max-width: calc(100% - 110px);
				font-size: 18px;
			}
			h2,
			.state {
				white-space: nowrap;
				overflow: hidden;
				text-overflow: ellipsis;
			}
			.state {
				flex: 1;
				min-width: 0;
			}
			.open {
				min-height: 40px;
				margin: -8px 0;
				padding: 0;
				border: 0;
				background: none;
				font: inherit;
				max-width: 100%;
				overflow: hidden;
				text-overflow: ellipsis;
				text-align: left;
			}
			.badge {
				flex: 0 100 auto;
				min-width: 0;
				min-height: 28px;
				padding: 0 10px;
				font-size: 15px;
				line-height: 1.05;
				span {
					overflow: hidden;
					text-overflow: ellipsis;
				}
				/* A long status has two lines where there is little room. */
				&[acknowledged] span {
					white-space: normal;
				}
			}
			.notice {
				margin: 0;
				padding: 6px 12px;
			}
			.figures {
				grid-template-columns: repeat(4, auto);
				justify-content: stretch;
				gap: 4px 12px;
				dt {
					font-size: 14px;
				}
				dd {
					gap: 4px;
				}
				small {
					font-size: 14px;
				}
			}
			.figure dd:not(.note) {
				font-size: clamp(18px, 2.35vw, var(--numeral));
			}
			.note {
				min-height: 0;
				overflow: hidden;
				white-space: nowrap;
				text-overflow: ellipsis;
			}
			.note:empty {
				display: none;
			}
			:host([old]) .figures {
				filter: grayscale(1);
				opacity: 0.5;
			}
			:host([small]) {
				--numeral: 22px;
				dt {
					font-size: 13px;
				}
				.figure:not([data-missing]) .note {
					display: none;
				}
			}
			/* The reason of a value that is unknown is shown, and asks for no width. */
			[data-missing] .note {
				width: 0;
				min-width: 100%;
			}
			:host([row]) {
				article {
					display: grid;
					grid-template-columns: minmax(210px, 1.3fr) 3fr;
					align-items: center;
					gap: 12px;
				}
				header {
					margin: 0;
				}
				h2 {
					flex: 1;
				}
				.open {
					min-height: 30px;
					margin: 0;
				}
				.badge {
					min-height: 24px;
					flex: none;
					max-width: 65%;
					span {
						overflow: hidden;
						text-overflow: ellipsis;
					}
				}
				dt,
				.state {
					display: none;
				}
				[data-missing] {
					display: flex;
					align-items: baseline;
					gap: 6px;
					.note {
						flex: 1;
						min-width: 0;
					}
				}
				--numeral: 19px;
			}
			.spark {
				display: block;
				/* It takes the width that its figure has, and asks for none. */
				width: 0;
				min-width: 100%;
				height: 26px;
				margin-top: 2px;
				fill: none;
				stroke: var(--low);
				stroke-width: 1.6;
				vector-effect: non-scaling-stroke;
			}
			@media (max-height: 520px) {
				.spark {
					height: 14px;
				}
				.figure:not([data-missing]) .note {
					display: none;
				}
				/* In a row, the next figure stands where it would be. */
				:host([row]) .note {
					display: none;
				}
				/* It may reach below the next figure, unless that has a reason too. */
				[data-missing] .note {
					white-space: nowrap;
					font-size: 11.5px;
				}
				[data-missing]:not(:has(+ [data-missing])) .note {
					overflow: visible;
				}
				header {
					margin-bottom: 2px;
				}
				.figures {
					gap: 2px 6px;
					dt,
					small {
						font-size: 12.5px;
					}
				}
				.figure dd:not(.note) {
					font-size: clamp(16px, 2.2vw, var(--numeral));
				}
			}
			/* Name, state and badge do not fit into one line: the state goes below. */
			@container (max-width: 480px) {
				:host(:not([row])) header {
					display: grid;
					grid-template-columns: fit-content(calc(100% - 124px)) minmax(0, 1fr);
					row-gap: 0;
					h2 {
						max-width: none;
					}
					.badge {
						justify-self: end;
						max-width: 100%;
					}
					.state {
						order: 1;
						grid-column: 1 / -1;
						font-size: 15px;
					}
				}
			}
			@container (max-width: 400px) {
				:host(:not([row])) .figures {
					grid-template-columns: 1fr 1fr;
				}
			}
			@container (max-width: 240px) {
				.figure dd:not(.note) {
					font-size: 16px;
				}
			}
			@media (max-width: 640px) {
				.figures {
					grid-template-columns: 1fr 1fr;
				}
				.figure dd:not(.note) {
					font-size: 26px;
				}
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) string!: BankString;
	@property({ attribute: false }) line: Line | undefined;
	/** Whether its name opens its page. */
	@property({ type: Boolean }) links = false;
	/** Without notes. */
	@property({ type: Boolean, reflect: true }) small = false;
	/** In one row. */
	@property({ type: Boolean, reflect: true }) row = false;
	/** Whether the chart below is of this string. */
	@property({ type: Boolean, reflect: true }) shown = false;

	readonly #sparks = new Sparks(this);

	protected override render(): TemplateResult {
		const { string, line, context } = this;
		const { say, texts } = context;
		const { name, values } = string;
		const status = statusOf(string, line);
		const { standing, acknowledged, monitored, total } = status;
		const notice = lineProblem(line, texts);
		const state = values.state === null || !monitored ? "" : texts.or(`condition.${values.state}`, values.state);
		const discharge = values.state === "discharge" ? state : "";
		const title = this.links ? html`<button class="open" @click=${this.#visit}>${name}</button>` : name;
		return html`<article aria-label=${name} @click=${() => emit(this, "string-pick")}>
			<header>
				<h2>${title}</h2>
				<span class="state faint"
					>${monitored < total ? coverage(status, say) : standing === "ok" && discharge ? "" : state}</span
				>
				${badge(standing, say, acknowledged, discharge)}
			</header>
			${notice ? html`<p class="notice">${notice}</p>` : figures(this.#withSparks(figuresOf(string, status, context, true)), say)}
		</article>`;
	}

	/** Add the last hours to figures, where there is room for them. */
	#withSparks(shown: Figure[]): Figure[] {
		if (this.small || this.row) return shown;
		this.#sparks.follow(this.string.id, this.context);
		return shown.map((figure) => ({ ...figure, spark: this.#sparks.of(figure.key) }));
	}

	readonly #visit = (event: Event): void => {
		event.stopPropagation();
		visit(`string-${this.string.id}`);
	};
}
