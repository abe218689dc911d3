import {feedOf} from "./feed.js"
import {byName} from "./state.js"
import {Texts, textsOf} from "./texts.js"

const TIMEOUT = 8_000 // ms; without strings, the overview is shown with the reason

/** @param {string} name @param {object} [config] */
function card(name, config) {
	return {type: `custom:battery-bank-${name}`, ...config}
}

/** @param {number} column_span of three @param {string} name @param {BankString} string @param {object} [config] */
function section(column_span, name, string, config) {
	const cards = [card(name, {string: string.id, ...config, grid_options: {columns: "full"}})]
	return {type: "grid", column_span, cards}
}

/** @param {BankString[]} strings @param {Texts} texts */
export function dashboard(strings, {say}) {
	/** @param {string} path @param {string} title @param {string} icon @param {object} content */
	const view = (path, title, icon, content) => ({title, path, icon: `mdi:${icon}`, ...content})
	const overview = card("summary", {fill: true, links: true})
	const views = [view("overview", say("overview"), "view-dashboard", {type: "panel", cards: [overview]})]
	if (strings.length) {
		for (const string of strings) {
			const sections = [
				section(3, "wall", string),
				section(2, "summary", string, {compact: true}),
				section(1, "worst", string),
			]
			const content = {type: "sections", max_columns: 3, sections}
			views.push(view(`string-${string.id}`, string.name, "car-battery", content))
		}
		const replay = {type: "panel", cards: [card("replay")]}
		const sections = strings.flatMap((string) => [
			string.measures.resistance
				? section(2, "resistance", string)
				: section(2, "wall", string, {quantity: "deviation"}),
			section(1, "worst", string),
		])
		const maintenance = {type: "sections", max_columns: 3, sections}
		views.push(view("discharges", say("discharges"), "chart-bell-curve", replay))
		views.push(view("maintenance", say("maintenance"), "wrench", maintenance))
	}
	return {title: say("title"), views}
}

function namesOf(/** @type {State} */ {strings}) {
	return [...strings.values()].map(({id, name}) => `${id} ${name}`).join()
}

// Home Assistant finds the class among the elements, and calls only its static functions.
export class Strategy {
	static configRequired = false
	static noEditor = true
	static #made = ""

	// Without this, every change of a device would build all cards again, and close an open dialogue.
	/** @param {object} _config @param {Hass} hass */
	static shouldRegenerate(_config, {connection}) {
		const {state} = feedOf(connection)
		return Boolean(state.known) && namesOf(state) !== this.#made
	}

	/** @param {object} _config @param {Hass} hass */
	static async generate(_config, {connection, locale}) {
		const texts = await textsOf(connection, locale.language).catch(() => new Texts({}))
		const state = await feedOf(connection).known(TIMEOUT)
		this.#made = state ? namesOf(state) : ""
		return dashboard([...(state?.strings.values() ?? [])].sort(byName), texts)
	}
}
