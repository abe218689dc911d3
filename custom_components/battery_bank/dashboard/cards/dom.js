// Elements are made without markup in strings, so that no text of a user can become a tag.

/** @param {Element} element @param {Record<string, unknown>} attributes listeners are "on…" */
export function set(element, attributes) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value))
		else if ((value ?? false) !== false) element.setAttribute(name, value === true ? "" : String(value))
	}
}

/** @param {Element} element @param {Part[]} parts */
function fill(element, parts) {
	for (const part of parts) {
		if (Array.isArray(part)) fill(element, part)
		else if (part instanceof Node) element.append(part)
		else if (typeof part === "object") set(element, part ?? {})
		else if (part) element.append(String(part))
	}
	return element
}

/** Make an element from "tag.class", its attributes, and children. @type {Make} */
export function el(tag, ...parts) {
	const [name, ...classes] = tag.split(".")
	const element = document.createElement(name)
	if (classes.length) element.className = classes.join(" ")
	return /** @type {any} */ (fill(element, parts))
}

/** @param {Element} element @param {...Part} parts that replace the present ones */
export function put(element, ...parts) {
	element.textContent = ""
	fill(element, parts)
}

/** @param {string} tag @param {...Part} parts */
export function svg(tag, ...parts) {
	return /** @type {SVGElement} */ (fill(document.createElementNS("http://www.w3.org/2000/svg", tag), parts))
}

/** Write a text only if it differs, because a change costs a new layout. @param {Element} element @param {string} text */
export function write(element, text) {
	if (element.textContent !== text) element.textContent = text
}

/** @param {EventTarget} from @param {string} type @param {unknown} detail */
export function dispatch(from, type, detail) {
	from.dispatchEvent(new CustomEvent(type, {detail, bubbles: true, composed: true}))
}
