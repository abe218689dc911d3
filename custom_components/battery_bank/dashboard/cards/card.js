import {batteryDialog} from "./dialog.js"
import {el, put, dispatch, write} from "./dom.js"
import {feedOf} from "./feed.js"
import {Format} from "./format.js"
import {QUANTITIES} from "./quantities.js"
import {ALL} from "./state.js"
import {sheet} from "./style.js"
import {Texts, textsOf} from "./texts.js"

const AGAIN = 5_000 // ms until the words are asked for again
const SERVED = /\/battery_bank\/(\d[^/]*)\//.exec(import.meta.url)?.[1] // the version these files are of

/** The card that loaded its texts last. @type {Card | null} */
let last = null

export class Card extends HTMLElement {
	static fields = ["string"]
	static one = true
	/** The size in rows of about 50 px, for the older views. */
	static rows = 6
	static css = ""
	/** @type {CardConfig} */
	config = {type: ""}
	texts = new Texts({})
	/** @type {Format} */ // @ts-expect-error - set before anything is shown
	format
	/** @type {Hass | undefined} */
	#hass
	/** @type {(() => void) | undefined} */
	#unlisten
	#built = ""
	/** @type {string | undefined} */
	#picked

	constructor() {
		super()
		this.attachShadow({mode: "open"}).adoptedStyleSheets = [sheet(), sheet(this.#kind.css)]
		this.heading = el("h2")
		this.tools = el("div.tools")
		this.picker = el("select", {hidden: true, onchange: () => this.#pick()})
		this.notice = el("p.notice", {role: "status", hidden: true})
		this.body = el("div.body")
		this.dialog = batteryDialog(this)
		this.header = el("header", {hidden: true}, this.heading, this.picker, this.tools)
		this.card = el("section.card", {"aria-busy": "true"})
		this.card.append(this.header, this.notice, this.body, this.dialog.element)
		this.shadowRoot?.append(this.card)
	}

	get #kind() {
		return /** @type {typeof Card} */ (this.constructor)
	}

	setConfig(/** @type {CardConfig} */ config) {
		this.config = {...config}
		this.card.classList.toggle("fill", Boolean(config.fill))
		this.#rebuild()
	}

	set hass(/** @type {Hass} */ hass) {
		const before = this.#hass
		this.#hass = hass
		if (before?.themes !== hass.themes) this.toggleAttribute("dark", Boolean(hass.themes?.darkMode))
		const moved = before?.connection !== hass.connection
		if (moved) this.connectedCallback()
		if (moved || before.locale !== hass.locale || before.config !== hass.config) this.#learn()
	}

	get hass() {
		return /** @type {Hass} */ (this.#hass)
	}

	get say() {
		return this.texts.say
	}

	get feed() {
		return feedOf(this.hass.connection)
	}

	get state() {
		return this.feed.state
	}

	/** The string of this card; nothing is built or updated without one. */
	get string() {
		const strings = [...this.state.strings.values()]
		const wanted = this.config.string ?? this.#picked
		const found = strings.find(({id}) => !wanted || id === wanted) ?? strings.find(({name}) => name === wanted)
		return /** @type {BankString} */ (found)
	}

	connectedCallback() {
		this.#unlisten = void this.#unlisten?.()
		if (this.#hass && this.isConnected) this.#unlisten = this.feed.listen((change) => this.#changed(change))
	}

	disconnectedCallback() {
		this.#unlisten = void this.#unlisten?.()
		this.dialog.element.close()
	}

	getCardSize() {
		return this.#kind.rows
	}

	getGridOptions() {
		return {columns: 12, min_columns: 6}
	}

	/** The form of its configuration. Home Assistant calls this without `hass`, so the texts of the last card are used. */
	static getConfigForm() {
		const {say} = last?.texts ?? new Texts({})
		const strings = [...(last?.state.strings.values() ?? [])].map(({id, name}) => ({value: id, label: name}))
		const quantities = Object.entries(QUANTITIES).map(([value, {name}]) => ({value, label: say(name)}))
		const choice = (/** @type {object[]} */ options) => ({select: {mode: "dropdown", options}})
		/** @type {Record<string, object>} */
		const selectors = {string: choice(strings), quantity: choice(quantities), compact: {boolean: {}}}
		return {
			schema: this.fields.map((name) => ({name, selector: selectors[name]})),
			computeLabel: (/** @type {{name: string}} */ {name}) => say(name === "quantity" ? "colour_by" : name),
		}
	}

	/** Build the content: the string, its batteries or its limits have changed. */
	build() {}

	update(/** @type {Moved} */ _moved) {}

	/** @param {string} what @param {object} data @returns {Promise<any>} */
	ask(what, data) {
		return this.hass.connection.sendMessagePromise({type: `battery_bank/${what}`, ...data})
	}

	/** @param {string} action @param {any} data */
	async act(action, data) {
		try {
			const [domain, service] = action.split(".")
			await this.hass.callService(domain, service, data)
			return this.say("requested")
		} catch (error) {
			return this.failure(error)
		}
	}

	failure(/** @type {any} */ error) {
		return this.say("failed", {reason: String(error?.message ?? error)})
	}

	toast(/** @type {string} */ message) {
		dispatch(this, "hass-notification", {message})
	}

	async #learn() {
		const {hass} = this
		try {
			const texts = await textsOf(hass.connection, hass.locale.language)
			if (hass.connection !== this.hass.connection) return
			this.texts = texts
			this.format = new Format(hass, texts.language)
			last = this
			this.#rebuild()
		} catch {
			setTimeout(() => this.#learn(), AGAIN)
		}
	}

	#rebuild() {
		this.#built = ""
		if (this.#hass) this.#changed({lines: true, strings: null})
	}

	#changed(/** @type {Change} */ change) {
		if (!this.format) return
		if (change.lines || !change.strings) this.#warn()
		if (!this.state.known) return
		if (!change.strings) this.card.setAttribute("aria-busy", "false")
		this.changed(change)
	}

	changed(/** @type {Change} */ change) {
		const {string} = this
		if (!string) return this.empty()
		const moved = change.strings ? change.strings.get(string.id) : ALL
		if (!moved) return
		if (moved.all) {
			this.#offer()
			if (this.fresh([string])) this.build()
		}
		this.update(moved)
		this.dialog.update(string, moved)
	}

	/** Whether the content was built for other strings. @param {BankString[]} strings */
	fresh(strings) {
		const before = this.#built
		this.#built = JSON.stringify(strings.map((one) => ({...one, values: 0, cells: 0, alarms: 0})))
		return this.#built !== before
	}

	empty() {
		this.#built = ""
		const text = this.state.strings.size ? "string_gone" : "no_strings"
		put(this.body, el("p.empty", this.say(text)))
	}

	#offer() {
		const strings = [...this.state.strings.values()]
		this.picker.hidden = Boolean(this.config.string) || strings.length < 2
		if (this.picker.hidden) return
		this.picker.setAttribute("aria-label", this.say("string"))
		put(
			this.picker,
			strings.map(({id, name}) => el("option", {value: id}, name)),
		)
		this.picker.value = this.string.id
	}

	#pick() {
		this.#picked = this.picker.value
		this.#rebuild()
	}

	#warn() {
		const {say} = this
		const {status, updated} = this.feed
		const time = this.format.since(updated)
		const line = this.#kind.one && this.string && this.state.lines.get(this.string.line)
		let text = line ? this.problem(line) : ""
		if (status === "lost") text = updated ? say("lost", {time}) : say("waiting")
		else if (status === "stale") text = say("stale", {time})
		else if (status === "unavailable") text = say("unavailable")
		this.toggleAttribute("old", Boolean(text))
		const newer = !text && SERVED && this.state.version && this.state.version !== SERVED
		if (newer) text = say("reload")
		this.notice.hidden = !text
		if (this.notice.dataset.text === text) return
		this.notice.dataset.text = text
		const reload = el("button", {onclick: () => location.reload()}, say("reload_now"))
		put(this.notice, text, newer && reload)
	}

	problem(/** @type {Line | undefined} */ line) {
		if (line?.down) return this.say("line_down", {reason: this.texts.or(`down.${line.down}`, line.down)})
		return line && !line.loaded ? this.say("line_not_loaded") : ""
	}

	/** @param {string} text @param {boolean} [more] whether to add the status of the string */
	name(text, more) {
		write(this.heading, text)
		this.header.hidden = false
		this.card.setAttribute("aria-label", text)
		if (more && this.picker.hidden) put(this.tools, el("span.faint", this.string.name))
	}
}
