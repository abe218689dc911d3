/** A chart as files: its picture, and its values as a table. */
import type { Chart } from "./chart.ts";

const FORMULA = /^[=+\-@\t\r]/; // what a spreadsheet would calculate

/** Return the values of a chart: a row for each place, a column for each series. Times are in UTC. */
export function valuesOf({ at, series, rows }: Chart): string {
	const place = (value: number) => (rows ? rows(value) : String(Number(value.toFixed(3))));
	const head = [rows ? "" : "s", ...series.map(({ name = "" }) => name)];
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

/** How the title and the ground of a picture look. */
interface Look {
	color: string;
	font: string;
	ground: string;
}

const TITLE = 32; // px of height

/** Save the picture of a canvas below its title, in the colours of an element: a canvas has no ground. */
export function savePicture(canvas: HTMLCanvasElement, { color, font, ground }: Look, title: string): void {
	const whole = document.createElement("canvas");
	const [px, above] = [devicePixelRatio, TITLE * devicePixelRatio];
	[whole.width, whole.height] = [canvas.width, canvas.height + above];
	const context = whole.getContext("2d");
	if (!context) return;
	context.fillStyle = ground.trim() || "#fff";
	context.fillRect(0, 0, whole.width, whole.height);
	context.fillStyle = color;
	context.font = `500 ${16 * px}px ${font}`;
	context.textBaseline = "middle";
	context.fillText(title, 12 * px, above / 2);
	context.drawImage(canvas, 0, above);
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
