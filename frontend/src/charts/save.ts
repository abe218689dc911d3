/** A chart as files: its picture, and its values as a table. */
import type { Chart } from "./chart.ts";

const FORMULA = /^[=+\-@\t\r]/; // what a spreadsheet would calculate

/** Return the values of a chart: a row for each place, a column for each series. Times are in UTC. */
export function valuesOf({ at, series, rows }: Chart): string {
	const place = (value: number) => (rows ? rows(value) : String(value));
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

/** Save the picture of a canvas on a ground of a colour: a canvas has none. */
export function savePicture(canvas: HTMLCanvasElement, ground: string, name: string): void {
	const whole = document.createElement("canvas");
	[whole.width, whole.height] = [canvas.width, canvas.height];
	const context = whole.getContext("2d");
	if (!context) return;
	context.fillStyle = ground.trim() || "#fff";
	context.fillRect(0, 0, whole.width, whole.height);
	context.drawImage(canvas, 0, 0);
	whole.toBlob((blob) => {
		if (blob) save(blob, name);
	});
}

export function save(blob: Blob, name: string): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
