// Elements without markup in strings: nothing that somebody typed can become a tag.

/** @param {Element} element @param {Part[]} parts */
function fill(element, parts) {
	for (const part of parts) {
		if (part === null || part === undefined || part === false || part === "") continue;
		if (Array.isArray(part)) fill(element, part);
		else if (part instanceof Node || typeof part !== "object") element.append(/** @type {Node} */ (part));
		else {
			for (const [name, value] of Object.entries(part)) {
				if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
				else if (value || value === 0 || value === "") element.setAttribute(name, value === true ? "" : String(value));
			}
		}
	}
	return element;
}

/** Make an element from "tag.class", its attributes, listeners ("on…") and children. @type {Make} */
export function el(tag, ...parts) {
	const [name, ...classes] = tag.split(".");
	const element = document.createElement(name);
	if (classes.length) element.className = classes.join(" ");
	return /** @type {any} */ (fill(element, parts));
}

/** @param {string} tag @param {...Part} parts */
export function svg(tag, ...parts) {
	return /** @type {SVGElement} */ (fill(document.createElementNS("http://www.w3.org/2000/svg", tag), parts));
}

/** Write a text where it differs, so that nothing is laid out for nothing. @param {Element} element @param {string} text */
export function write(element, text) {
	if (element.textContent !== text) element.textContent = text;
}

/** @param {EventTarget} from @param {string} type @param {unknown} detail */
export function tell(from, type, detail) {
	from.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
}

/** Open another page of Home Assistant. @param {string} path */
export function navigate(path) {
	history.pushState(null, "", path);
	tell(window, "location-changed", { replace: false });
}
