import { el, svg } from "./dom.js";

const LEFT = 62; // px of the margins
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 26;

/** @type {Ticks} */
export const ticks = (min, max, count) => {
	const span = max - min;
	if (!(span > 0)) return [min];
	const raw = span / Math.max(1, count);
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw * 0.999) ?? raw;
	const values = [];
	for (let index = Math.ceil(min / step - 1e-9); index * step <= max + step * 1e-9; index++) {
		values.push(Number((index * step).toPrecision(12)));
	}
	return values;
};

/** @param {number} max s @param {number} count */
export function timeTicks(max, count) {
	const steps = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
	const step = steps.find((one) => one >= max / count) ?? 86400 * Math.ceil(max / count / 86400);
	return Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step);
}

export class Chart {
	/** @param {number} width px @param {number} height px @param {Axis} x @param {Axis} y @param {string} label */
	constructor(width, height, x, y, label) {
		this.right = Math.max(LEFT + 40, width - RIGHT);
		this.bottom = height - BOTTOM;
		this.axes = { x, y };
		const viewBox = `0 0 ${width} ${height}`;
		this.element = svg("svg", { class: "chart", viewBox, height, role: "img", "aria-label": label });
		for (const value of ticks(y.min, y.max, height / 48)) {
			this.add("line", { class: "grid", ...this.across(value) });
			this.add("text", { x: LEFT - 8, y: this.y(value) + 4, "text-anchor": "end" }, y.text(value));
		}
		for (const value of x.ticks ?? []) {
			this.add("text", { x: this.x(value), y: height - 6, "text-anchor": "middle" }, x.text(value));
		}
	}

	/** @param {number} value */
	x(value) {
		const { min, max } = this.axes.x;
		return LEFT + ((value - min) / (max - min || 1)) * (this.right - LEFT);
	}

	/** @param {number} value */
	y(value) {
		const { min, max } = this.axes.y;
		return TOP + (1 - (value - min) / (max - min || 1)) * (this.bottom - TOP);
	}

	get step() {
		return this.x(1) - this.x(0);
	}

	/** @param {number} value */
	across(value) {
		return { x1: LEFT, x2: this.right, y1: this.y(value), y2: this.y(value) };
	}

	/** @param {string} tag @param {...Part} parts */
	add(tag, ...parts) {
		return this.element.appendChild(svg(tag, ...parts));
	}

	/** @param {readonly At[]} points @param {string} [className] */
	line(points, className = "line") {
		return this.add("path", { class: className, d: this.path(points) });
	}

	/** @param {readonly At[]} points */
	path(points) {
		const places = points.map(({ 0: x, 1: y }) => `${this.x(x).toFixed(1)},${this.y(y).toFixed(1)}`);
		return places.length ? `M${places.join("L")}` : "";
	}

	/** @param {number} warning @param {number} alarm @param {Say} say @param {(value: number) => string} text */
	limits(warning, alarm, say, text) {
		this.limit(warning, "warning", say("limit_warning", { limit: text(warning) }));
		this.limit(alarm, "alarm", say("limit_alarm", { limit: text(alarm) }));
	}

	/** @param {number} value @param {string} level @param {string} name */
	limit(value, level, name, left = false) {
		this.add("line", { class: "limit", "data-level": level, ...this.across(value) });
		const place = left ? { x: LEFT + 4 } : { x: this.right - 4, "text-anchor": "end" };
		this.add("text", { ...place, y: this.y(value) - 5 }, name);
	}

	cursor() {
		const line = this.add("line", { class: "cursor", y1: TOP, y2: this.bottom });
		return (/** @type {number} */ at) => {
			for (const end of ["x1", "x2"]) line.setAttribute(end, String(this.x(at)));
		};
	}
}

export class Drawing {
	element = el("div");
	#width = 0;

	/** @param {(width: number) => void} make */
	constructor(make) {
		this.make = make;
		new ResizeObserver(([{ contentRect }]) => {
			if (Math.abs(contentRect.width - this.#width) < 1) return;
			this.#width = contentRect.width;
			this.draw();
		}).observe(this.element);
	}

	draw() {
		if (this.#width) this.make(this.#width);
	}
}
