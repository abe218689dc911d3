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

/** Write a text with a rim of the ground, so that it can be read above lines. */
function write(
	context: CanvasRenderingContext2D,
	text: string,
	x: number,
	y: number,
	{ ground }: Palette,
	px: number,
): void {
	context.lineWidth = 4 * px;
	context.lineJoin = "round";
	context.setLineDash([]);
	context.strokeStyle = ground;
	context.strokeText(text, x, y);
	context.fillText(text, x, y);
}

export function drawAreas(plot: uPlot, { areas = [] }: Chart, palette: Palette): void {
	inside(plot, (context) => {
		for (const { corners, look } of areas) {
			context.fillStyle = { ...palette, forecast: palette.area }[look];
			context.beginPath();
			for (const [x, y] of corners) context.lineTo(plot.valToPos(x, "x", true), plot.valToPos(y, "y", true));
			context.fill();
		}
	});
}

export function drawLimits(plot: uPlot, { limits = [] }: Chart, palette: Palette): void {
	const { left, width, top, height } = plot.bbox;
	inside(plot, (context, px) => {
		context.font = `${13 * px}px ${palette.font}`;
		for (const { value, level, text, left: atLeft, below } of limits) {
			const y = plot.valToPos(value, "y", true);
			if (y < top || y > top + height) continue;
			context.lineWidth = 1.6 * px;
			context.setLineDash(DASHES[level].map((length) => length * px));
			context.strokeStyle = level === "ok" ? palette.faint : palette[level];
			context.beginPath();
			context.moveTo(left, y);
			context.lineTo(left + width, y);
			context.stroke();
			context.fillStyle = palette.faint;
			context.textAlign = atLeft ? "left" : "right";
			const under = below ? y + 20 * px < top + height : y - 16 * px < top;
			write(context, text, atLeft ? left + 4 * px : left + width - 4 * px, y + (under ? 15 : -5) * px, palette, px);
		}
	});
}

export function drawBarTexts(plot: uPlot, { at, series }: Chart, palette: Palette): void {
	inside(plot, (context, px) => {
		context.font = `${13 * px}px ${palette.font}`;
		context.fillStyle = palette.text;
		context.textAlign = "center";
		for (const { marks = [], values, from = 1 } of series) {
			for (const [index, { text }] of marks.entries()) {
				const [x, y] = [at[index], values[index]];
				if (x === undefined) continue;
				if (y === null || y === undefined) {
					context.fillText("×", plot.valToPos(x, "x", true), plot.valToPos(from, "y", true) + 5 * px);
					continue;
				}
				if (!text) continue;
				const end = plot.valToPos(y, "y", true);
				const [least, most] = [plot.bbox.top + 12 * px, plot.bbox.top + plot.bbox.height - 3 * px];
				const place = y < from ? end + 15 * px : end - 5 * px;
				write(context, text, plot.valToPos(x, "x", true), Math.max(least, Math.min(most, place)), palette, px);
			}
		}
	});
}

/** Write the notes beside their places, one below the other where they would lie on each other. */
export function drawNotes(plot: uPlot, { notes = [] }: Chart, palette: Palette): void {
	const { left, width } = plot.bbox;
	const colours = { bold: palette.text, bad: palette.alarm, weak: palette.warning, other: palette.faint };
	inside(plot, (context, px) => {
		context.font = `${14 * px}px ${palette.font}`;
		const placed = notes
			.map((note) => ({ ...note, x: plot.valToPos(note.at, "x", true), y: plot.valToPos(note.value, "y", true) }))
			.sort((one, other) => one.y - other.y);
		let before = -Infinity;
		for (const { x, y, text, look } of placed) {
			const atLeft = x + 8 * px + context.measureText(text).width > left + width;
			const place = Math.max(y + 4 * px, before + 17 * px);
			before = place;
			context.textAlign = atLeft ? "right" : "left";
			context.fillStyle = colours[look];
			write(context, text, x + (atLeft ? -8 : 8) * px, place, palette, px);
		}
	});
}
