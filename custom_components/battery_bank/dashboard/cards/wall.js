import {el} from "./dom.js"

const MANY = 60
const UNIT = /\u00a0[^\u00a0]*$/ // the last word; there may be spaces between thousands

function gapOf(/** @type {number} */ count) {
	return count > MANY ? 4 : 6 // px
}

/** The number of columns, with full rows if possible. @param {number} count @param {number} width px */
export function columnsFor(count, width) {
	const gap = gapOf(count)
	const least = count > MANY ? 44 : count > 24 ? 56 : 76 // px; 44 for a finger
	const most = Math.max(1, Math.min(count, Math.floor((width + gap) / (least + gap))))
	for (let columns = most; columns >= 0.7 * most; columns--) {
		if (count % columns === 0) return columns
	}
	return Math.ceil(count / Math.ceil(count / most))
}

/** Tiles in rows. One tile is in the order of the tab key. The tiles are independent of the quantity. */
export class Wall {
	#columns = 0
	#current = 0

	/** @param {string} label @param {BankString} string @param {(index: number) => void} open */
	constructor(label, {batteries}, open) {
		const count = batteries.length
		this.element = el("div.wall", {role: "grid", "aria-label": label, many: count > MANY})
		const parts = [el("span.number"), el("span.value", " "), el("i.sign")]
		const blank = el("div.tile", {role: "gridcell", tabindex: -1}, parts)
		this.tiles = batteries.map(({number}) => {
			const tile = /** @type {HTMLElement} */ (blank.cloneNode(true))
			tile.children[0].textContent = String(number)
			return tile
		})
		this.#arrange(columnsFor(count, 800))
		this.tiles[0]?.setAttribute("tabindex", "0")
		this.element.onclick = (event) => {
			const tile = /** @type {Element} */ (event.target).closest(".tile")
			if (tile instanceof HTMLElement) open(this.#go(this.tiles.indexOf(tile)))
		}
		this.element.onkeydown = (event) => {
			const step = steps(this.#columns, this.#current, count, event.ctrlKey)[event.key]
			if (event.key === "Enter" || event.key === " ") open(this.#current)
			else if (step !== undefined) this.#go(this.#current + step)
			else return
			event.preventDefault()
		}
		new ResizeObserver(([{contentRect}]) => {
			const {width} = contentRect
			const columns = columnsFor(count, width)
			if (!width) return
			if (columns !== this.#columns) this.#arrange(columns)
			this.element.style.setProperty("--tile", `${(width - (columns - 1) * gapOf(count)) / columns}px`)
		}).observe(this.element)
	}

	// Only changed values are written, and the text node is kept, because there may be hundreds of tiles.
	/** @param {number} index @param {Mark} mark @param {string} value @param {string} label @param {boolean} [testing] */
	paint(index, mark, value, label, testing = false) {
		const tile = this.tiles[index]
		if (!tile) return
		const text = /** @type {Text} */ (tile.children[1].firstChild)
		const short = value.replace(UNIT, "")
		if (tile.dataset.mark !== String(mark)) tile.dataset.mark = String(mark)
		if (text.data !== short) text.data = short
		if (tile.getAttribute("aria-label") !== label) tile.setAttribute("aria-label", label)
		tile.toggleAttribute("testing", testing)
	}

	#arrange(/** @type {number} */ columns) {
		const focused = this.tiles.find((tile) => tile.matches(":focus"))
		this.#columns = columns
		const rows = []
		for (let first = 0; first < this.tiles.length; first += columns) {
			rows.push(el("div", {role: "row"}, this.tiles.slice(first, first + columns)))
		}
		this.element.style.setProperty("--columns", String(columns))
		this.element.replaceChildren(...rows)
		focused?.focus()
	}

	#go(/** @type {number} */ index) {
		this.tiles[this.#current].tabIndex = -1
		this.#current = Math.max(0, Math.min(this.tiles.length - 1, index))
		this.tiles[this.#current].tabIndex = 0
		this.tiles[this.#current].focus()
		return this.#current
	}
}

/** @type {Steps} */
export const steps = (columns, current, count, whole) => {
	const column = current % columns
	return {
		ArrowLeft: -1,
		ArrowRight: 1,
		ArrowUp: current >= columns ? -columns : 0,
		ArrowDown: current + columns < count ? columns : 0,
		Home: whole ? -current : -column,
		End: whole ? count - 1 - current : Math.min(columns - 1 - column, count - 1 - current),
	}
}
