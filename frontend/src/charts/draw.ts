/** What is drawn on a chart besides its series: areas behind them, limits, and texts above bars. */
import uPlot from "uplot";

import type { Chart } from "./chart.ts";
import type { Palette } from "./palette.ts";

const DASHES = { ok: [2, 4], warning: [6, 4], alarm: [] };

/** Draw inside of the plot only, in px of the canvas. */
function inside(plot: uPlot, draw: (context: CanvasRenderingContext2D, px: number) => void): void {
	const { ctx: context } = plot;
	const { left, top, width, height } = plot.bbox;
	context.save();
	context.beginPath();
	context.rect(left, top, width, height);
	context.clip();
	context.textBaseline = "alphabetic";
	draw(context, uPlot.pxRatio);
	context.restore();
}

export function drawAreas(plot: uPlot, { areas = [] }: Chart, palette: Palette): void {
	inside(plot, (context) => {
		context.fillStyle = palette.area;
		for (const corners of areas) {
			context.beginPath();
			for (const [x, y] of corners) context.lineTo(plot.valToPos(x, "x", true), plot.valToPos(y, "y", true));
			context.fill();
		}
	});
}

export function drawLimits(plot: uPlot, { limits = [] }: Chart, palette: Palette): void {
	const { left, width } = plot.bbox;
	inside(plot, (context, px) => {
		context.font = `${13 * px}px ${palette.font}`;
		context.lineWidth = 1.6 * px;
		for (const { value, level, text, left: atLeft } of limits) {
			const y = plot.valToPos(value, "y", true);
			context.setLineDash(DASHES[level].map((length) => length * px));
			context.strokeStyle = level === "ok" ? palette.faint : palette[level];
			context.beginPath();
			context.moveTo(left, y);
			context.lineTo(left + width, y);
			context.stroke();
			context.fillStyle = palette.faint;
			context.textAlign = atLeft ? "left" : "right";
			context.fillText(text, atLeft ? left + 4 * px : left + width - 4 * px, y - 5 * px);
		}
	});
}

export function drawBarTexts(plot: uPlot, { at, series }: Chart, palette: Palette): void {
	inside(plot, (context, px) => {
		context.font = `${13 * px}px ${palette.font}`;
		context.fillStyle = palette.text;
		context.textAlign = "center";
		for (const { marks = [], values } of series) {
			for (const [index, { text }] of marks.entries()) {
				const [x, y] = [at[index], values[index]];
				if (!text || x === undefined || y === null || y === undefined) continue;
				context.fillText(text, plot.valToPos(x, "x", true), plot.valToPos(Math.max(1, y), "y", true) - 5 * px);
			}
		}
	});
}
