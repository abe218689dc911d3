// A wall of batteries: tiles in rows, one of which takes part in the order of the tab key. It knows nothing of voltages.
import { el } from "./dom.js";

const MANY = 60;

/** @param {number} count */
function gapOf(count) {
	return count > MANY ? 4 : 6; // px
}

/** Return how many columns there are, with full rows where that is possible. @param {number} count @param {number} width px */
export function columnsFor(count, width) {
	const gap = gapOf(count);
	const least = count > MANY ? 44 : count > 24 ? 56 : 76; // px; 44 for a finger
	const most = Math.max(1, Math.min(count, Math.floor((width + gap) / (least + gap))));
	for (let columns = most; columns >= 0.7 * most; columns--) {
		if (count % columns === 0) return columns;
	}
	return Math.ceil(count / Math.ceil(count / most));
}

export class Wall {
	/** @type {Tile[]} */
	#painted = [];
	#columns = 0;
	#width = 0;
	#current = 0;
	#observer = new ResizeObserver(([entry]) => this.#resized(entry.contentRect.width));

	/** @param {string} label @param {BankString} string @param {(index: number) => void} open */
	constructor(label, { batteries }, open) {
		this.element = el("div.wall", { role: "grid", "aria-label": label, many: batteries.length > MANY });
		const blank = el(
			"div.tile",
			{ role: "gridcell", tabindex: -1 },
			el("span.number"),
			el("span.value", " "),
			el("i.sign"),
		);
		this.tiles = batteries.map(({ number }, index) => {
			const tile = /** @type {HTMLElement} */ (blank.cloneNode(true));
			tile.dataset.index = String(index);
			tile.children[0].textContent = String(number);
			return tile;
		});
		this.#arrange(columnsFor(batteries.length, 800));
		this.tiles[0]?.setAttribute("tabindex", "0");
		this.element.addEventListener("click", (event) => {
			const tile = /** @type {Element} */ (event.target).closest(".tile");
			if (tile instanceof HTMLElement) open(this.#go(Number(tile.dataset.index)));
		});
		this.element.addEventListener("keydown", (event) => this.#key(event, open));
		this.#observer.observe(this.element);
	}

	/** Give up what watches its size. */
	stop() {
		this.#observer.disconnect();
	}

	/** Only what differs from before is touched: there may be hundreds. @param {number} index @param {Tile} tile */
	paint(index, tile) {
		const before = this.#painted[index];
		const element = this.tiles[index];
		if (!element) return;
		if (before?.mark !== tile.mark) element.dataset.mark = String(tile.mark);
		// The text node stays, so that no boxes are made anew.
		if (before?.text !== tile.text) /** @type {Text} */ (element.children[1].firstChild).data = tile.text;
		if (before?.label !== tile.label) element.setAttribute("aria-label", tile.label);
		if (before?.testing !== tile.testing) element.toggleAttribute("testing", Boolean(tile.testing));
		this.#painted[index] = tile;
	}

	/** @param {number} width */
	#resized(width) {
		if (!width || Math.abs(width - this.#width) < 1) return;
		this.#width = width;
		const count = this.tiles.length;
		const columns = columnsFor(count, width);
		if (columns !== this.#columns) this.#arrange(columns);
		this.element.style.setProperty("--tile", `${(width - (columns - 1) * gapOf(count)) / columns}px`);
	}

	/** @param {number} columns */
	#arrange(columns) {
		const focused = this.tiles.some((tile) => tile.matches(":focus"));
		this.#columns = columns;
		const rows = [];
		for (let first = 0; first < this.tiles.length; first += columns) {
			rows.push(el("div", { role: "row" }, this.tiles.slice(first, first + columns)));
		}
		this.element.style.setProperty("--columns", String(columns));
		this.element.replaceChildren(...rows);
		if (focused) this.tiles[this.#current].focus();
	}

	/** @param {number} index */
	#go(index) {
		this.tiles[this.#current].tabIndex = -1;
		this.#current = Math.max(0, Math.min(this.tiles.length - 1, index));
		this.tiles[this.#current].tabIndex = 0;
		this.tiles[this.#current].focus();
		return this.#current;
	}

	/** @param {KeyboardEvent} event @param {(index: number) => void} open */
	#key(event, open) {
		const step = steps(this.#columns, this.#current, this.tiles.length, event.ctrlKey)[event.key];
		if (event.key === "Enter" || event.key === " ") open(this.#current);
		else if (step !== undefined) this.#go(this.#current + step);
		else return;
		event.preventDefault();
	}
}

// By how much each key moves the focus; with the control key from one end of the wall to the other.
/** @param {number} columns @param {number} current @param {number} count @param {boolean} whole @returns {Record<string, number>} */
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
