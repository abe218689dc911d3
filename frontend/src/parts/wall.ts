/** Batteries as tiles in rows, one of which takes part in the order of the tab key. */
import { css, html, LitElement } from "lit";
import { property, query, state } from "lit/decorators.js";

import { emit } from "../data/context.ts";
import type { Tile } from "../data/quantities.ts";
import { areMany, columnsFor, gapOf, stepOf } from "./grid.ts";
import { base } from "./style.ts";
import { marks } from "./theme.ts";

const HOLDER = document.createElement("div");
HOLDER.innerHTML =
	'<div class="tile" role="gridcell"><span class="number"></span><span class="value"> </span><i class="sign"></i></div>';
const BLANK = HOLDER.firstElementChild as HTMLElement;

const SMALL = 56; // px; a tile that is smaller has smaller signs

/** px; a wall takes the width of the last one until it knows its own. */
let lastWidth = 800;

/** A tile was chosen. */
export interface TilePick {
	index: number;
}

// The text of a tile does not affect the layout of others. With hundreds of tiles, a new layout of all would be slow.
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
		&[data-mark="offline"] {
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
			[role="row"]:first-child > :first-child {
				grid-column-start: var(--start);
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
	/** A tile that hasn't changed has to be the same object as before: only the others are touched. */
	@property({ attribute: false }) tiles: readonly Tile[] = [];
	/** How many tiles are in a row; without it as many as fit. */
	@property({ attribute: false }) fixed: number | undefined;
	/** How many columns a tier of a rack has, also where it has fewer batteries; 0 without a rack. */
	@property({ type: Number }) places = 0;
	/** The column of the first tile, from 1. */
	@property({ type: Number }) start = 1;
	/** Whether marks have no direction. */
	@property({ type: Boolean }) plain = false;
	@state() private width = lastWidth;
	@query(".wall") private readonly wall!: HTMLElement;
	#columns = 0; // that the tiles are arranged in
	#current = 0; // the index of the tile that takes part in the order of the tab key
	#elements: HTMLElement[] = [];
	#shown: readonly Tile[] = []; // what the elements show
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

	protected override render() {
		const { tiles, width } = this;
		const count = tiles.length;
		const columns = this.#columnsFor(count);
		const size = (width - (columns - 1) * gapOf(count)) / columns;
		return html`<div
			class="wall"
			role="grid"
			aria-label=${this.label}
			?many=${areMany(count) || size < SMALL}
			?data-plain=${this.plain}
			style="--columns: ${columns}; --tile: ${size}px; --start: ${this.start}"
			@click=${this.#clicked}
			@keydown=${this.#pressed}
		></div>`;
	}

	#columnsFor(count: number): number {
		const { fixed, places } = this;
		if (places) return places;
		return fixed && fixed >= 1 ? Math.min(Math.round(fixed), Math.max(1, count)) : columnsFor(count, this.width);
	}

	/** Write the tiles without a template, because rendering one for each of hundreds of tiles would be slow. */
	protected override updated(): void {
		const { tiles } = this;
		const columns = this.#columnsFor(tiles.length);
		const other = tiles.length !== this.#elements.length;
		if (other) {
			this.#shown = [];
			this.#current = 0;
			this.#elements = tiles.map((_, index) => {
				const element = BLANK.cloneNode(true) as HTMLElement;
				element.tabIndex = index === 0 ? 0 : -1;
				return element;
			});
		}
		for (const [index, element] of this.#elements.entries()) {
			const tile = tiles[index];
			if (tile && tile !== this.#shown[index]) paint(element, tile, this.#shown[index]);
		}
		this.#shown = tiles;
		if (other || columns !== this.#columns) this.#arrange(columns);
	}

	#arrange(columns: number): void {
		const focused = this.shadowRoot?.activeElement;
		this.#columns = columns;
		const rows: HTMLElement[] = [];
		for (let first = 0; first < this.#elements.length; first += columns) {
			const row = document.createElement("div");
			row.role = "row";
			row.append(...this.#elements.slice(first, first + columns));
			rows.push(row);
		}
		this.wall.replaceChildren(...rows);
		if (focused instanceof HTMLElement) focused.focus();
	}

	readonly #clicked = (event: Event): void => {
		const tile = (event.target as Element).closest<HTMLElement>(".tile");
		if (!tile) return;
		this.#go(this.#elements.indexOf(tile));
		this.#choose();
	};

	readonly #pressed = (event: KeyboardEvent): void => {
		const current = this.#current;
		const step = stepOf(event.key, this.#columns, current, this.tiles.length, event.ctrlKey);
		if (event.key === "Enter" || event.key === " ") this.#choose();
		else if (step !== undefined) this.#go(current + step);
		else return;
		event.preventDefault();
	};

	#go(index: number): void {
		const before = this.#elements[this.#current];
		if (before) before.tabIndex = -1;
		this.#current = Math.max(0, Math.min(this.#elements.length - 1, index));
		const tile = this.#elements[this.#current];
		if (!tile) return;
		tile.tabIndex = 0;
		tile.focus();
	}

	#choose(): void {
		emit(this, "tile-pick", { index: this.#current } satisfies TilePick);
	}
}

function shaded({ style, dataset }: HTMLElement, shade: number | undefined): void {
	if (shade === undefined) delete dataset.shade;
	else dataset.shade = shade < 0 ? "low" : "high";
	style.setProperty("--shade", `${Math.round(Math.abs(shade ?? 0) * 100)}%`);
}

/** Write only changed values, and keep the text node, because there may be hundreds of tiles. */
function paint(element: HTMLElement, tile: Tile, before: Tile | undefined): void {
	const { number, value, mark, label, testing, shade } = tile;
	const [name, text] = element.children;
	if (number !== before?.number && name) name.textContent = `${number} `; // the space keeps number and value apart when both are copied
	if (value !== before?.value && text) (text.firstChild as Text).data = value;
	if (mark !== before?.mark) element.dataset.mark = String(mark);
	if (shade !== before?.shade) shaded(element, shade);
	if (label !== before?.label) element.ariaLabel = label;
	if (testing !== before?.testing) element.toggleAttribute("testing", testing);
}
