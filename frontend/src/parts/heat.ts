/** A map of batteries over weeks, drawn on a canvas: there may be ten thousand cells. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import { type Palette, paletteOf } from "../charts/palette.ts";
import type { Heat } from "../data/heat.ts";
import { type Context, emit } from "../data/context.ts";
import type { Battery } from "../data/payload.ts";
import { base } from "./style.ts";

const LEFT = 40; // px, for the numbers
const BOTTOM = 24; // px, for the dates
const LEAST = 3; // px of a row; …
const MOST = 18;
const ROOM = 420; // px for all rows, if they are not too small for that
const NUMBER = 15; // px of a number
const DATE = 90; // px of a date
const STRONGEST = 0.85; // of the colour, at the warning limit

/** A battery was chosen. */
export interface HeatPick {
	index: number;
}

export class HeatElement extends LitElement {
	static override styles = [
		base,
		css`
			:host {
				display: block;
				position: relative;
			}
			canvas {
				display: block;
				width: 100%;
				cursor: pointer;
			}
			.readout {
				position: absolute;
				top: 0;
				right: 0;
				padding: 4px 10px;
				border-radius: 6px;
				font-size: 14px;
				color: var(--ground);
				background: var(--text);
				pointer-events: none;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) heat!: Heat;
	@property({ attribute: false }) batteries: readonly Battery[] = [];
	@property({ type: Number }) normal = 0;
	@property({ type: Number }) warning = 1;
	@property({ attribute: false }) text: (value: number | null) => string = String;
	@state() private readout = "";
	@state() private width = 0;
	@query("canvas") private readonly canvas!: HTMLCanvasElement;
	readonly #resized = new ResizeObserver(([entry]) => {
		this.width = Math.floor(entry?.contentRect.width ?? 0);
	});

	override connectedCallback(): void {
		super.connectedCallback();
		this.#resized.observe(this);
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		this.#resized.disconnect();
	}

	get #row(): number {
		return Math.max(LEAST, Math.min(MOST, Math.floor(ROOM / this.batteries.length)));
	}

	get #column(): number {
		return (this.width - LEFT) / this.heat.weeks.length;
	}

	protected override render(): TemplateResult {
		const { context, heat, batteries } = this;
		const { say, format } = context;
		const [first, last] = [heat.weeks[0], heat.weeks.at(-1)];
		const label = `${say("heat_map")}, ${format.month(first)} – ${format.month(last)}, ${this.#furthest()}`;
		return html`
			<canvas
				role="img"
				aria-label=${label}
				style="height: ${batteries.length * this.#row + BOTTOM}px"
				@pointermove=${this.#moved}
				@pointerleave=${() => (this.readout = "")}
				@click=${this.#clicked}
			></canvas>
			<div class="readout" ?hidden=${!this.readout}>${this.readout}</div>
		`;
	}

	/** The battery that is the furthest from normal in the last week, in words. */
	#furthest(): string {
		const { heat, batteries, normal } = this;
		const away = heat.rows.map((row) => Math.abs((row.at(-1) ?? normal) - normal));
		const index = away.indexOf(Math.max(...away));
		const number = batteries[index]?.number ?? "?";
		return `${this.context.say("battery", { number })} ${this.text(heat.rows[index]?.at(-1) ?? null)}`;
	}

	protected override updated(changed: PropertyValues<this>): void {
		if (changed.size === 1 && (changed as Map<PropertyKey, unknown>).has("readout")) return;
		this.#draw();
	}

	#draw(): void {
		const { canvas, width, heat, batteries } = this;
		const context = canvas.getContext("2d");
		if (!width || !context) return;
		const px = devicePixelRatio;
		const [row, column] = [this.#row, this.#column];
		const height = batteries.length * row + BOTTOM;
		[canvas.width, canvas.height] = [width * px, height * px];
		context.scale(px, px);
		const palette = paletteOf(this.shadowRoot?.querySelector(".readout") ?? this);
		const gap = row > 8 ? 1 : 0;
		for (const [index, values] of heat.rows.entries()) {
			for (const [week, value] of values.entries()) {
				if (value === null) continue;
				this.#colour(context, value, palette);
				context.fillRect(LEFT + week * column, index * row, Math.max(1, column - gap), row - gap);
			}
		}
		context.globalAlpha = 1;
		context.fillStyle = palette.faint;
		context.font = `12px ${palette.font}`;
		context.textAlign = "right";
		context.textBaseline = "middle";
		const every = [1, 2, 5, 10, 20, 50].find((one) => one * row >= NUMBER) ?? 50;
		for (const [index, { number }] of batteries.entries()) {
			if (index === 0 || (index + 1) % every === 0) context.fillText(String(number), LEFT - 8, (index + 0.5) * row);
		}
		context.textAlign = "left";
		const step = Math.max(1, Math.ceil(DATE / column));
		for (let week = 0; week < heat.weeks.length; week += step) {
			const text = this.context.format.month(heat.weeks[week]);
			const fits = LEFT + week * column + context.measureText(text).width <= width;
			if (fits) context.fillText(text, LEFT + week * column, height - BOTTOM / 2 + 2);
		}
	}

	#colour(context: CanvasRenderingContext2D, value: number, palette: Palette): void {
		const { normal, warning } = this;
		const share = (value - normal) / (warning - normal);
		const far = Math.abs(share) >= 1;
		context.globalAlpha = far ? 1 : 0.08 + (STRONGEST - 0.08) * Math.abs(share);
		context.fillStyle = far && share > 0 ? palette.alarm : share > 0 ? palette.warning : palette.other;
	}

	#at({ offsetX, offsetY }: MouseEvent): { index: number; week: number } {
		return { index: Math.floor(offsetY / this.#row), week: Math.floor((offsetX - LEFT) / this.#column) };
	}

	readonly #moved = (event: PointerEvent): void => {
		const { index, week } = this.#at(event);
		const battery = this.batteries[index];
		const at = this.heat.weeks[week];
		const { say, format } = this.context;
		const shown = battery && at !== undefined;
		const value = this.heat.rows[index]?.[week] ?? null;
		this.readout = shown
			? `${say("battery", { number: battery.number })} · ${format.date(at)} · ${this.text(value)}`
			: "";
	};

	readonly #clicked = (event: MouseEvent): void => {
		const { index } = this.#at(event);
		if (this.batteries[index]) emit(this, "heat-pick", { index } satisfies HeatPick);
	};
}
