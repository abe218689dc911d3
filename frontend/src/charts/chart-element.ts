/** A chart with values under the pointer, zoom by dragging, and the whole range again by a double click. */
import { css, html, LitElement, type PropertyValues, unsafeCSS } from "lit";
import { property, query, state } from "lit/decorators.js";
import uPlot from "uplot";
import uPlotStyle from "uplot/dist/uPlot.min.css";

import { type Context, emit } from "../data/context.ts";
import { base } from "../parts/style.ts";
import type { Chart, ChartPick, Marker } from "./chart.ts";
import { optionsOf } from "./options.ts";
import { paletteOf } from "./palette.ts";
import { save, savePicture, valuesOf } from "./save.ts";

const READOUT_GAP = 12; // px from the pointer

export class ChartElement extends LitElement {
	static override styles = [
		base,
		unsafeCSS(uPlotStyle),
		css`
			:host {
				display: block;
				position: relative;
			}
			figure {
				margin: 0;
				min-height: var(--height);
			}
			:host([fill]) {
				height: 100%;
				overflow: hidden;
			}
			.uplot {
				font: inherit;
			}
			.u-select {
				background: color-mix(in srgb, var(--accent) 18%, transparent);
			}
			.u-hz .u-cursor-x {
				border-right: 1px dashed var(--faint);
			}
			.marker,
			.readout {
				position: absolute;
				pointer-events: none;
			}
			.marker {
				top: 0;
				bottom: 0;
				border: 2px solid var(--accent);
				border-radius: 4px;
				&.line {
					border-width: 0 0 0 2px;
					border-radius: 0;
					margin-left: -1px;
				}
			}
			.readout {
				z-index: 1;
				top: 4px;
				padding: 6px 10px;
				border-radius: 6px;
				white-space: nowrap;
				font-size: 14px;
				line-height: 1.4;
				color: var(--ground);
				background: var(--text);
			}
			.export {
				display: flex;
				justify-content: flex-end;
				button {
					min-height: 36px;
					padding: 0 10px;
					font-size: 13px;
					color: var(--faint);
				}
			}
			.whole {
				position: absolute;
				right: 22px;
				top: 12px;
				z-index: 2;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) chart!: Chart;
	@property({
		attribute: false,
		hasChanged: (now?: Marker, before?: Marker) => now?.from !== before?.from || now?.to !== before?.to,
	})
	marker: Marker | undefined;
	/** Whether it is as high as the room for it. */
	@property({ type: Boolean, reflect: true }) fill = false;
	/** The name of the files of its picture and its values; without it they can't be saved. */
	@property() file = "";
	@state() private zoomed = false;
	@query("figure") private readonly figure!: HTMLElement;

	#plot: uPlot | undefined;
	#drawn: Chart | undefined; // what the plot draws; the next one may have come meanwhile
	#look = ""; // the properties that an existing plot can't change
	#width = 0;
	#height = 0; // of the room for it, if it fills that
	#nearest: number | null = null; // the index of the series under the pointer
	readonly #marker = document.createElement("div");
	readonly #readout = document.createElement("div");
	readonly #resized = new ResizeObserver(([entry]) => {
		const width = Math.floor(entry?.contentRect.width ?? 0);
		const height = this.fill ? Math.floor(entry?.contentRect.height ?? 0) : 0;
		if (!width || (width === this.#width && height === this.#height)) return;
		this.#width = width;
		this.#height = height;
		if (this.#plot) this.#plot.setSize({ width, height: this.#tall });
		else this.#draw();
	});

	override connectedCallback(): void {
		super.connectedCallback();
		this.#resized.observe(this);
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		this.#resized.disconnect();
		this.#width = 0;
		this.#destroy();
	}

	protected override render() {
		const { chart, zoomed, context } = this;
		return html`
			<figure role="img" aria-label=${chart.label} style="--height: ${this.fill ? 0 : chart.height}px"></figure>
			${
				this.file
					? html`<div class="export">
							<button class="bare" @click=${this.#savePicture}>PNG</button>
							<button class="bare" @click=${this.#saveValues}>CSV</button>
						</div>`
					: ""
			}
			${zoomed ? html`<button class="whole" @click=${this.#whole}>${context.say("show_all")}</button>` : ""}
		`;
	}

	protected override updated(changed: PropertyValues<this>): void {
		if (changed.has("context")) this.#destroy(); // the theme may be another one
		if (changed.has("chart") || changed.has("context")) this.#draw();
		if (changed.has("marker")) this.#place();
	}

	#draw(): void {
		const { chart } = this;
		const { series, at } = chart;
		if (!this.#width) return;
		const data = [at, ...series.map(({ values }) => values)] as uPlot.AlignedData;
		this.#drawn = chart;
		const look = JSON.stringify([this.#tall, chart.key, series.map((one) => one.look)]);
		if (this.#plot && look === this.#look) {
			this.#plot.setData(data, !this.zoomed);
			if (this.zoomed) this.#plot.redraw();
			return;
		}
		this.#destroy();
		this.#look = look;
		const options = optionsOf(() => this.#drawn ?? chart, paletteOf(this.figure), this.#width, this.#tall);
		options.hooks = {
			...options.hooks,
			setCursor: [this.#read],
			setSeries: [(_, index) => (this.#nearest = index ? index - 1 : null)],
			setScale: [this.#scaled],
			setSize: [this.#place],
		};
		this.#plot = new uPlot(options, data, this.figure);
		const { over } = this.#plot;
		over.append(this.#marker, this.#readout);
		over.addEventListener("click", this.#pick);
		// The plot caches its position, and does not notice that a dialog was scrolled.
		over.addEventListener("pointerenter", () => this.#plot?.syncRect(true));
		this.#readout.className = "readout";
		this.#readout.hidden = true;
		this.#place();
	}

	get #tall(): number {
		return this.#height || this.chart.height;
	}

	#destroy(): void {
		this.#plot?.destroy();
		this.#plot = undefined;
		this.zoomed = false;
	}

	readonly #scaled = (plot: uPlot): void => {
		const { x, y } = plot.scales;
		const { across, up } = this.#drawn ?? this.chart;
		this.zoomed = x?.min !== across.min || x.max !== across.max || y?.min !== up.min || y.max !== up.max;
		this.#place();
	};

	readonly #savePicture = (): void => {
		if (!this.#plot) return;
		savePicture(this.#plot.ctx.canvas, paletteOf(this.figure), this.file, this.chart.keys ?? []);
	};

	readonly #saveValues = (): void => save(new Blob([valuesOf(this.chart)], { type: "text/csv" }), `${this.file}.csv`);

	readonly #whole = (): void => {
		const { at } = this.chart;
		this.#plot?.setScale("x", { min: at[0] ?? 0, max: at.at(-1) ?? 0 });
	};

	readonly #place = (): void => {
		const { marker } = this;
		this.#marker.hidden = !marker;
		if (!this.#plot || !marker) return;
		const [from, to] = [this.#plot.valToPos(marker.from, "x"), this.#plot.valToPos(marker.to, "x")];
		const { width } = this.#plot.over.getBoundingClientRect();
		this.#marker.hidden = to < 0 || from > width;
		this.#marker.className = from === to ? "marker line" : "marker";
		Object.assign(this.#marker.style, { left: `${from}px`, width: `${to - from}px` });
	};

	readonly #read = (plot: uPlot): void => {
		const { idx, left = -1 } = plot.cursor;
		const lines = idx === null || idx === undefined || left < 0 ? [] : this.chart.readout?.(idx, this.#nearest);
		this.#readout.hidden = !lines?.length;
		if (!lines?.length) return;
		this.#readout.replaceChildren(
			...lines.map((line) => {
				const element = document.createElement("div");
				element.textContent = line;
				return element;
			}),
		);
		const width = plot.bbox.width / uPlot.pxRatio;
		const { style } = this.#readout;
		style.left = left < width / 2 ? `${left + READOUT_GAP}px` : "";
		style.right = left < width / 2 ? "" : `${width - left + READOUT_GAP}px`;
	};

	readonly #pick = (event: MouseEvent): void => {
		const plot = this.#plot;
		if (!plot) return;
		const at = plot.posToVal(event.clientX - plot.rect.left, "x");
		emit(this, "chart-pick", { at, series: this.#nearest } satisfies ChartPick);
	};
}
