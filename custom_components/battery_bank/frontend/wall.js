/**
 * A wall of batteries: tiles in rows, one of which takes part in the order of the tab key. It knows nothing of
 * voltages; who uses it paints tiles, and only what differs from before is touched.
 *
 * @typedef {import("./quantities.js").Mark} Mark
 *
 * @typedef Tile
 * @property {Mark} mark
 * @property {string} text
 * @property {string} label for who can't see it
 * @property {boolean} [testing]
 */
import { el } from "./dom.js";

const GAP = 6; // px between tiles, 4 where there are many
const SOME = 24;
const MANY = 60;
const SMALLEST = 44; // px, for a finger
const SMALL = 56; // px
const USUAL = 76; // px

/**
 * Return into how many columns tiles go, so that rows are full where that is possible.
 *
 * @param {number} count
 * @param {number} width px
 * @returns {number}
 */
export function columnsFor(count, width) {
  const gap = count > MANY ? 4 : GAP;
  const least = count > MANY ? SMALLEST : count > SOME ? SMALL : USUAL;
  const most = Math.max(1, Math.min(count, Math.floor((width + gap) / (least + gap))));
  for (let columns = most; columns >= 0.7 * most; columns--) {
    if (count % columns === 0) return columns;
  }
  return Math.ceil(count / Math.ceil(count / most));
}

export class Wall {
  /** @type {HTMLElement[]} */
  #tiles = [];
  /** @type {(Tile | undefined)[]} */
  #painted = [];
  #columns = 0;
  #width = 0;
  #current = 0;
  #observer = new ResizeObserver(([entry]) => this.#resized(entry.contentRect.width));

  /**
   * @param {string} label
   * @param {number[]} numbers
   * @param {(index: number) => void} open
   */
  constructor(label, numbers, open) {
    this.element = el("div", { class: "wall", role: "grid", "aria-label": label });
    this.element.toggleAttribute("many", numbers.length > MANY);
    const blank = el(
      "div",
      { class: "tile", role: "gridcell", tabindex: -1 },
      el("span", { class: "number" }),
      el("span", { class: "value" }),
      el("i", { class: "sign" }),
    );
    this.#tiles = numbers.map((number, index) => {
      const tile = /** @type {HTMLElement} */ (blank.cloneNode(true));
      tile.dataset.index = String(index);
      /** @type {Element} */ (tile.firstChild).textContent = String(number);
      return tile;
    });
    if (this.#tiles.length) this.#tiles[0].tabIndex = 0;
    this.element.addEventListener("click", (event) => {
      const index = this.#indexOf(event);
      if (index !== null) open(this.#go(index));
    });
    this.element.addEventListener("keydown", (event) => this.#key(event, open));
    this.#arrange(columnsFor(numbers.length, 800));
    this.#observer.observe(this.element);
  }

  /** Give up what watches its size. */
  stop() {
    this.#observer.disconnect();
  }

  /**
   * Paint a tile; returns whether that changed anything.
   *
   * @param {number} index
   * @param {Tile} tile
   */
  paint(index, tile) {
    const before = this.#painted[index];
    const element = this.#tiles[index];
    if (!element) return false;
    let touched = false;
    if (before?.mark !== tile.mark) {
      element.dataset.mark = String(tile.mark);
      touched = true;
    }
    if (before?.text !== tile.text) {
      /** @type {Element} */ (element.children[1]).textContent = tile.text;
      touched = true;
    }
    if (before?.label !== tile.label) {
      element.setAttribute("aria-label", tile.label);
      touched = true;
    }
    if (Boolean(before?.testing) !== Boolean(tile.testing)) {
      element.toggleAttribute("testing", tile.testing);
      touched = true;
    }
    this.#painted[index] = tile;
    return touched;
  }

  /** Give the focus back to the tile that had it last. */
  focus() {
    this.#tiles[this.#current]?.focus();
  }

  /** @param {number} width */
  #resized(width) {
    if (!width || Math.abs(width - this.#width) < 1) return;
    this.#width = width;
    const columns = columnsFor(this.#tiles.length, width);
    if (columns !== this.#columns) this.#arrange(columns);
    const gap = this.#tiles.length > MANY ? 4 : GAP;
    this.element.style.setProperty("--tile", `${(width - (columns - 1) * gap) / columns}px`);
  }

  /** @param {number} columns */
  #arrange(columns) {
    const focused = this.#tiles.some((tile) => tile.matches(":focus"));
    this.#columns = columns;
    const rows = [];
    for (let first = 0; first < this.#tiles.length; first += columns) {
      rows.push(el("div", { role: "row" }, ...this.#tiles.slice(first, first + columns)));
    }
    this.element.style.setProperty("--columns", String(columns));
    this.element.replaceChildren(...rows);
    if (focused) this.focus();
  }

  /** @param {Event} event */
  #indexOf(event) {
    const tile = /** @type {Element} */ (event.target).closest(".tile");
    return tile instanceof HTMLElement ? Number(tile.dataset.index) : null;
  }

  /** @param {number} index */
  #go(index) {
    this.#tiles[this.#current].tabIndex = -1;
    this.#current = Math.max(0, Math.min(this.#tiles.length - 1, index));
    this.#tiles[this.#current].tabIndex = 0;
    this.focus();
    return this.#current;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {(index: number) => void} open
   */
  #key(event, open) {
    const step = steps(this.#columns, this.#current, this.#tiles.length, event.ctrlKey)[event.key];
    if (event.key === "Enter" || event.key === " ") open(this.#current);
    else if (step !== undefined) this.#go(this.#current + step);
    else return;
    event.preventDefault();
  }
}

/**
 * Return by how much each key moves the focus.
 *
 * @param {number} columns
 * @param {number} current
 * @param {number} count
 * @param {boolean} whole from one end of the wall to the other
 * @returns {Record<string, number>}
 */
export function steps(columns, current, count, whole) {
  const column = current % columns;
  return {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: current >= columns ? -columns : 0,
    ArrowDown: current + columns < count ? columns : 0,
    Home: whole ? -current : -column,
    End: whole ? count - 1 - current : Math.min(columns - 1 - column, count - 1 - current),
  };
}
