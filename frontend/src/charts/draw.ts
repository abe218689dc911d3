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

/** Return where the names of the limits that are visible are written, in px of the canvas. */
function namesOf(plot: uPlot, { limits = [] }: Chart, px: number) {
	const { left, width, top, height } = plot.bbox;
	return limits.flatMap(({ value, level, text, left: atLeft, below }) => {
		const y = plot.valToPos(value, "y", true);
		if (y < top || y > top + height) return [];
		const under = below ? y + 20 * px < top + height : y - 16 * px < top;
		const x = atLeft ? left + 4 * px : left + width - 4 * px;
		return [{ y, level, text, atLeft, x, base: y + (under ? 15 : -5) * px }];
	});
}

/** Draw the limits. All lines first: none goes through the name of another. */
export function drawLimits(plot: uPlot, chart: Chart, palette: Palette): void {
	const { left, width } = plot.bbox;
	inside(plot, (context, px) => {
		context.font = `${13 * px}px ${palette.font}`;
		const names = namesOf(plot, chart, px);
		for (const { y, level } of names) {
			context.lineWidth = 1.6 * px;
			context.setLineDash(DASHES[level].map((length) => length * px));
			context.strokeStyle = level === "ok" ? palette.faint : palette[level];
			context.beginPath();
			context.moveTo(left, y);
			context.lineTo(left + width, y);
			context.stroke();
		}
		context.fillStyle = palette.faint;
		for (const { text, atLeft, x, base } of names) {
			context.textAlign = atLeft ? "left" : "right";
			write(context, text, x, base, palette, px);
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

/** Write the notes beside their places: one below the other, and below the name of a limit, on which they would lie. */
export function drawNotes(plot: uPlot, chart: Chart, palette: Palette): void {
	const { notes = [] } = chart;
	const { left, top, width } = plot.bbox;
	const colours = { bold: palette.text, bad: palette.alarm, weak: palette.warning, other: palette.faint };
	inside(plot, (context, px) => {
		context.font = `${13 * px}px ${palette.font}`;
		const names = namesOf(plot, chart, px).map((name) => {
			const long = context.measureText(name.text).width;
			return { ...name, from: name.atLeft ? name.x : name.x - long, to: name.atLeft ? name.x + long : name.x };
		});
		context.font = `${14 * px}px ${palette.font}`;
		const placed = notes
			.map((note) => ({ ...note, x: plot.valToPos(note.at, "x", true), y: plot.valToPos(note.value, "y", true) }))
			.sort((one, other) => one.y - other.y);
		let before = top - 4 * px; // above the plot it would be cut off
		for (const { x, y, text, look } of placed) {
			const long = context.measureText(text).width;
			const atLeft = x + 8 * px + long > left + width;
			const from = atLeft ? x - 8 * px - long : x + 8 * px;
			let place = Math.max(y + 4 * px, before + 17 * px);
			for (const name of names) {
				const beside = from > name.to || from + long < name.from || Math.abs(place - name.base) > 17 * px;
				if (name.text && !beside) place = Math.max(name.base, name.y) + 17 * px;
			}
			before = place;
			context.textAlign = atLeft ? "right" : "left";
			// On the ground, so that it can be read where a line runs below it.
			context.globalAlpha = 0.85;
			context.fillStyle = palette.ground;
			context.fillRect(from - 2 * px, place - 13 * px, long + 4 * px, 17 * px);
			context.globalAlpha = 1;
			context.fillStyle = colours[look];
			write(context, text, x + (atLeft ? -8 : 8) * px, place, palette, px);
		}
	});
}
