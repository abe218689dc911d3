/** A chart as files: its picture, and its values as a table. */
import type { Chart, Key } from "./chart.ts";
import { colourOf, DASH, type Palette, WIDTH } from "./palette.ts";

const FORMULA = /^[=+\-@\t\r]/; // what a spreadsheet would calculate

/** Return the values of a chart: a row for each place, a column for each series, with its unit. Times are in UTC. */
export function valuesOf({ at, series, rows, unit }: Chart): string {
	const place = (value: number) => (rows ? rows(value) : String(Number(value.toFixed(3))));
	const head = [rows ? "" : "s", ...series.map(({ name = "" }) => (unit ? `${name} (${unit})`.trim() : name))];
	const lines = at.map((value, index) => [
		place(value),
		...series.map(({ values }) => {
			const found = values[index];
			return found === null || found === undefined ? "" : String(Number(found.toFixed(6)));
		}),
	]);
	return [head.map(quoted), ...lines.map(([first = "", ...rest]) => [quoted(first), ...rest])]
		.map((cells) => `${cells.join(",")}\r\n`)
		.join("");
}

function quoted(text: string): string {
	const safe = FORMULA.test(text) ? `'${text}` : text;
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const TITLE = 32; // px of height
const ROW = 22; // px of height of what the series mean
const EDGE = 12; // px
const SAMPLE = 24; // px of a series

/** Save the picture of a canvas below its title and what its series mean, on a ground: a canvas has none. */
export function savePicture(canvas: HTMLCanvasElement, palette: Palette, title: string, keys: readonly Key[]): void {
	const px = devicePixelRatio;
	const whole = document.createElement("canvas");
	const context = whole.getContext("2d");
	if (!context) return;
	const [keyFont, wide] = [`13px ${palette.font}`, canvas.width / px];
	context.font = keyFont;
	let [left, row] = [EDGE, 0];
	const placed = keys.map(({ look, text }) => {
		const width = SAMPLE + 6 + context.measureText(text).width + EDGE;
		if (left + width > wide && left > EDGE) [left, row] = [EDGE, row + 1];
		const place = { look, text, left, middle: TITLE + (row + 0.5) * ROW };
		left += width;
		return place;
	});
	const above = TITLE + (keys.length ? (row + 1) * ROW : 0);
	[whole.width, whole.height] = [canvas.width, canvas.height + above * px];
	context.fillStyle = palette.ground;
	context.fillRect(0, 0, whole.width, whole.height);
	context.drawImage(canvas, 0, above * px);
	context.scale(px, px);
	context.fillStyle = palette.text;
	context.textBaseline = "middle";
	context.font = `500 16px ${palette.font}`;
	context.fillText(title, EDGE, TITLE / 2);
	context.font = keyFont;
	for (const { look, text, left, middle } of placed) {
		context.strokeStyle = colourOf(look, palette);
		context.lineWidth = WIDTH[look];
		context.setLineDash(look === "other" ? DASH : []);
		context.beginPath();
		context.moveTo(left, middle);
		context.lineTo(left + SAMPLE, middle);
		context.stroke();
		context.fillText(text, left + SAMPLE + 6, middle);
	}
	whole.toBlob((blob) => {
		if (blob) save(blob, `${title}.png`);
	});
}

export function save(blob: Blob, name: string): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
