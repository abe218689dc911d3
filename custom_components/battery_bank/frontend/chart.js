/**
 * Drawings of values over time or over batteries, as SVG at the size they are shown in.
 *
 * @typedef {{0: number, 1: number}} At x and y, and whatever else
 *
 * @typedef Axis
 * @property {number} min
 * @property {number} max
 * @property {(value: number) => string} text
 * @property {number[]} [ticks]
 */
import { svg } from "./dom.js";

const MARGIN = { left: 62, right: 14, top: 12, bottom: 26 };

/**
 * Return round values between two others, about so many.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} count
 */
export function ticks(min, max, count) {
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
}

/**
 * Return ticks of a span of time, in steps people count in.
 *
 * @param {number} max s, from 0
 * @param {number} count
 */
export function timeTicks(max, count) {
  const steps = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const step = steps.find((one) => one >= max / count) ?? 86400 * Math.ceil(max / count / 86400);
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step);
}

export class Chart {
  /**
   * @param {number} width px
   * @param {number} height px
   * @param {Axis} x
   * @param {Axis} y
   * @param {string} label for who can't see it
   */
  constructor(width, height, x, y, label) {
    this.inner = {
      width: Math.max(40, width - MARGIN.left - MARGIN.right),
      height: height - MARGIN.top - MARGIN.bottom,
    };
    this.axes = { x, y };
    this.element = svg("svg", {
      class: "chart",
      viewBox: `0 0 ${width} ${height}`,
      height,
      role: "img",
      "aria-label": label,
    });
    for (const value of y.ticks ?? ticks(y.min, y.max, height / 48)) {
      const at = this.y(value);
      const [from, to] = [MARGIN.left, MARGIN.left + this.inner.width];
      this.add(svg("line", { class: "grid", x1: from, x2: to, y1: at, y2: at }));
      this.add(svg("text", { x: MARGIN.left - 8, y: at + 4, "text-anchor": "end" }, y.text(value)));
    }
    for (const value of x.ticks ?? ticks(x.min, x.max, width / 110)) {
      this.add(svg("text", { x: this.x(value), y: height - 6, "text-anchor": "middle" }, x.text(value)));
    }
  }

  /** @param {number} value */
  x(value) {
    const { min, max } = this.axes.x;
    return MARGIN.left + ((value - min) / (max - min || 1)) * this.inner.width;
  }

  /** @param {number} value */
  y(value) {
    const { min, max } = this.axes.y;
    return MARGIN.top + (1 - (value - min) / (max - min || 1)) * this.inner.height;
  }

  /** @param {SVGElement} element */
  add(element) {
    this.element.append(element);
    return element;
  }

  /**
   * @param {readonly At[]} points
   * @param {string} [className]
   */
  line(points, className = "line") {
    return this.add(svg("path", { class: className, d: this.path(points) }));
  }

  /** @param {readonly At[]} points */
  path(points) {
    let path = "";
    for (const point of points)
      path += `${path ? "L" : "M"}${this.x(point[0]).toFixed(1)},${this.y(point[1]).toFixed(1)}`;
    return path;
  }

  /**
   * Draw a limit across, with its name above it.
   *
   * @param {number} value
   * @param {string} level
   * @param {string} name
   * @param {boolean} [left] where the name is
   */
  limit(value, level, name, left = false) {
    const at = this.y(value);
    const right = MARGIN.left + this.inner.width;
    this.add(svg("line", { class: "limit", "data-level": level, x1: MARGIN.left, x2: right, y1: at, y2: at }));
    const place = left ? { x: MARGIN.left + 4 } : { x: right - 4, "text-anchor": "end" };
    this.add(svg("text", { ...place, y: at - 5 }, name));
  }

  /** @param {number} value */
  cursor(value) {
    const [from, to] = [MARGIN.top, MARGIN.top + this.inner.height];
    const line = this.add(svg("line", { class: "cursor", y1: from, y2: to }));
    /** @param {number} at */
    const move = (at) => {
      line.setAttribute("x1", String(this.x(at)));
      line.setAttribute("x2", String(this.x(at)));
    };
    move(value);
    return move;
  }
}

/**
 * Call back with the width of an element whenever that changes; returns what ends that.
 *
 * @param {Element} element
 * @param {(width: number) => void} draw
 */
export function atWidth(element, draw) {
  let last = 0;
  const observer = new ResizeObserver(([entry]) => {
    const { width } = entry.contentRect;
    if (width && Math.abs(width - last) >= 1) draw((last = width));
  });
  observer.observe(element);
  return () => observer.disconnect();
}
