/** Batteries as tiles in rows, one of which takes part in the order of the tab key. */
import { css, html, LitElement, noChange, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { fire } from "../data/context.ts";
import type { Tile } from "../data/quantities.ts";
import { areMany, columnsFor, gapOf, stepOf } from "./grid.ts";
import { base } from "./style.ts";
import { marks } from "./theme.ts";

/** px; until its own is known, a wall takes that of the one before. */
let lastWidth = 800;

/** A tile was chosen. */
export interface TilePick {
	index: number;
}

// A tile's text moves nothing else: with hundreds of them, laying all out anew is what an update would cost.
export const tileStyle = css`
	.tile {
		position: relative;
		display: flex;
		align-items: center;
		justify-content: center;
		contain: strict;
		min-height: var(--tile-height, max(44px, min(88px, calc(var(--tile, 76px) * 0.82))));
		border-radius: 8px;
		cursor: pointer;
		color: var(--ink, var(--text));
		border: 2px solid var(--frame, transparent);
		background:
			repeating-linear-gradient(135deg, var(--hatch, transparent) 0 5px, transparent 5px 11px),
			var(--fill, var(--quiet));
		&:focus-visible {
			z-index: 1;
			outline-offset: 1px;
		}
		&[data-mark="lost"] {
			border-style: dashed;
		}
		.sign {
			position: absolute;
			right: 6px;
			top: 6px;
			font-size: clamp(10px, calc(var(--tile, 76px) * 0.18), 16px);
		}
		&:is([data-mark$="2"], [data-mark$="3"]) .sign {
			display: block;
		}
	}
`;

export class WallElement extends LitElement {
	static override styles = [
		base,
		marks,
		tileStyle,
		css`
			:host {
				display: block;
			}
			.wall {
				display: grid;
				grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
				gap: 6px;
				height: 100%;
				grid-auto-rows: var(--tile-rows, auto);
			}
			[role="row"] {
				display: contents;
			}
			.tile[testing]::before {
				content: "Ω";
				position: absolute;
				left: 50%;
				top: 3px;
				transform: translateX(-50%);
				font-size: 14px;
				line-height: 18px;
				font-weight: 700;
			}
			.number {
				position: absolute;
				left: 7px;
				top: 4px;
				font-size: clamp(10px, calc(var(--tile, 76px) * 0.17), 15px);
				line-height: 1.1;
				opacity: 0.78;
			}
			.value {
				position: absolute;
				inset: auto 0 4px;
				height: 1.3em;
				contain: strict;
				text-align: center;
				white-space: nowrap;
				font-size: clamp(13px, calc(var(--tile, 76px) * 0.27), 26px);
				font-weight: 500;
				line-height: 1.3;
			}
			.wall[many] {
				gap: 4px;
				.tile {
					border-radius: 5px;
				}
				.number {
					left: 3px;
					top: 1px;
				}
				.value {
					bottom: 1px;
				}
				.sign {
					right: 2px;
					top: 3px;
				}
				[testing]::before {
					left: auto;
					right: 3px;
					top: 1px;
					transform: none;
					font-size: 11px;
					line-height: 1.2;
				}
				[testing] .sign {
					display: none;
				}
			}
		`,
	];

	@property({ attribute: false }) label = "";
	/** A tile that hasn't changed has to be the same object as before: only the others are rendered. */
	@property({ attribute: false }) tiles: readonly Tile[] = [];
	/** Whether marks have no direction. */
	@property({ type: Boolean }) plain = false;
	@state() private width = lastWidth;
	@state() private current = 0; // the index of the tile that takes part in the order of the tab key
	@query(".wall") private readonly wall!: HTMLElement;
	#columns = 1;
	#hadFocus = false;
	#rendered: { tiles: readonly Tile[]; columns: number; current: number } = { tiles: [], columns: 0, current: 0 };
	readonly #resized = new ResizeObserver(([entry]) => {
		if (entry?.contentRect.width) this.width = lastWidth = entry.contentRect.width;
	});

	override connectedCallback(): void {
		super.connectedCallback();
		this.#resized.observe(this);
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		this.#resized.disconnect();
	}

	protected override willUpdate(): void {
		this.#hadFocus = this.shadowRoot?.activeElement?.matches(".tile") ?? false;
		if (this.current >= this.tiles.length) this.current = 0;
		this.#columns = columnsFor(this.tiles.length, this.width);
	}

	protected override render() {
		const { tiles, label, plain } = this;
		const count = tiles.length;
		const columns = this.#columns;
		const size = (this.width - (columns - 1) * gapOf(count)) / columns;
		const rows: TemplateResult[] = [];
		for (let first = 0; first < count; first += columns) {
			const row = tiles.slice(first, first + columns);
			rows.push(html`<div role="row">${row.map((tile, index) => this.#tile(tile, first + index))}</div>`);
		}
		return html`
			<div
				class="wall"
				role="grid"
				aria-label=${label}
				?many=${areMany(count)}
				?data-plain=${plain}
				style="--columns: ${columns}; --tile: ${size}px"
				@click=${this.#clicked}
				@keydown=${this.#pressed}
			>
				${rows}
			</div>
		`;
	}

	/** Return a tile, or nothing to do if it is as it was rendered last: there may be hundreds. */
	#tile(tile: Tile, index: number): TemplateResult | typeof noChange {
		const { tiles, columns, current } = this.#rendered;
		const same = tiles[index] === tile && columns === this.#columns;
		if (same && (index === current) === (index === this.current)) return noChange;
		const { mark, label, testing, number, value } = tile;
		return html`<div
			class="tile"
			role="gridcell"
			tabindex=${index === this.current ? 0 : -1}
			data-mark=${mark}
			aria-label=${label}
			?testing=${testing}
		>
			<span class="number">${number}</span><span class="value">${value}</span><i class="sign"></i>
		</div>`;
	}

	protected override updated(changed: PropertyValues): void {
		this.#rendered = { tiles: this.tiles, columns: this.#columns, current: this.current };
		// With other columns, the battery that has the focus is in another element.
		if (changed.has("width") && this.#hadFocus) this.#elements[this.current]?.focus();
	}

	get #elements(): HTMLElement[] {
		return [...this.wall.querySelectorAll<HTMLElement>(".tile")];
	}

	readonly #clicked = (event: Event): void => {
		const tile = (event.target as Element).closest<HTMLElement>(".tile");
		if (!tile) return;
		this.#go(this.#elements.indexOf(tile));
		this.#choose();
	};

	readonly #pressed = (event: KeyboardEvent): void => {
		const { current } = this;
		const step = stepOf(event.key, this.#columns, current, this.tiles.length, event.ctrlKey);
		if (event.key === "Enter" || event.key === " ") this.#choose();
		else if (step !== undefined) this.#go(current + step);
		else return;
		event.preventDefault();
	};

	#go(index: number): void {
		this.current = Math.max(0, Math.min(this.tiles.length - 1, index));
		this.#elements[this.current]?.focus();
	}

	#choose(): void {
		fire(this, "tile-pick", { index: this.current } satisfies TilePick);
	}
}
