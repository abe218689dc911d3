/** @type {Record<string, string[]>} */
const NUMBERS = {
	comma_decimal: ["en-US", "en"],
	decimal_comma: ["de", "es", "it"],
	space_comma: ["fr", "sv", "cs"],
	quote_decimal: ["de-CH"],
}
/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const TIMES = {
	date: {dateStyle: "medium"},
	month: {year: "numeric", month: "short"},
	moment: {dateStyle: "medium", timeStyle: "short"},
	time: {timeStyle: "medium"},
}
const NONE = "–"

/** The language of a tag, without its region. */
const primary = (/** @type {string} */ tag) => tag.split("-")[0]

/** Numbers, dates and times in the format of the user; if that is "by language", in that of the texts. */
export class Format {
	/** @type {Record<string, Intl.NumberFormat>} */
	#numbers = {}
	/** @type {Record<string, Intl.DateTimeFormat>} */
	#dates = {}

	/** @param {Hass} hass @param {string} [shown] the language of the texts around the numbers */
	constructor({locale, config}, shown = locale.language) {
		const {number_format: numbers = "language", time_format, time_zone} = locale
		const language = primary(shown) === primary(locale.language) ? locale.language : shown
		this.numbers = numbers === "system" ? undefined : (NUMBERS[numbers] ?? language)
		this.grouping = numbers !== "none"
		this.times = time_format === "system" ? undefined : language
		this.hour12 = time_format === "12" || (time_format === "24" ? false : undefined)
		this.zone = time_zone === "server" ? config.time_zone : undefined
		this.fahrenheit = config.unit_system?.temperature === "°F"
	}

	/** @param {Maybe} value @param {number} digits @param {boolean} [signed] */
	number(value, digits, signed = false) {
		if (!Number.isFinite(value)) return NONE
		const format = (this.#numbers[`${digits}${signed}`] ??= new Intl.NumberFormat(this.numbers, {
			minimumFractionDigits: digits,
			maximumFractionDigits: digits,
			useGrouping: this.grouping,
			signDisplay: signed ? "exceptZero" : "negative",
		}))
		return format.format(Number(value)).replace("-", "−")
	}

	/** @param {Maybe} value @param {number} digits @param {string} unit @param {boolean} [signed] */
	value(value, digits, unit, signed) {
		const number = this.number(value, digits, signed)
		return number === NONE || !unit ? number : `${number}\u00a0${unit}` // the unit stays on its line
	}

	/** A voltage of a battery. @param {Maybe} value @param {BankString} string */
	volts(value, string) {
		return this.value(value, string.nominal_voltage >= 6 ? 2 : 3, "V")
	}

	temperature(/** @type {Maybe} */ celsius) {
		return this.fahrenheit ? this.value((celsius ?? NaN) * 1.8 + 32, 1, "°F") : this.value(celsius, 1, "°C")
	}

	/** @param {Maybe} kelvin */
	rise(kelvin, signed = true) {
		return this.fahrenheit ? this.value((kelvin ?? NaN) * 1.8, 1, "°F", signed) : this.value(kelvin, 1, "K", signed)
	}

	/** @param {Maybe} ratio */
	percent(ratio, digits = 0, signed = false) {
		return this.value((ratio ?? NaN) * 100, digits, "%", signed)
	}

	/** @param {number | null} value @param {string} unit */
	measured(value, unit) {
		if (unit === "°C") return this.temperature(value)
		if (unit === "K") return this.rise(value, false)
		if (unit === "×") return this.percent(value)
		if (unit === "V") return this.value(value, Math.abs(value ?? 0) >= 4 ? 2 : 3, unit)
		return this.value(value, unit === "A" ? 1 : Number.isInteger(value) ? 0 : 2, unit)
	}

	duration(/** @type {Maybe} */ seconds) {
		const minutes = Math.floor((seconds ?? NaN) / 60)
		if (minutes < 1) return this.value(Math.round(seconds ?? 0), 0, "s")
		if (!(minutes >= 60)) return this.value(minutes, 0, "min")
		return `${this.number(Math.floor(minutes / 60), 0)}\u00a0h\u00a0${String(minutes % 60).padStart(2, "0")}\u00a0min`
	}

	date = (/** @type {Maybe} */ at) => this.#date(at, "date")

	month = (/** @type {Maybe} */ at) => this.#date(at, "month")

	moment = (/** @type {Maybe} */ at) => this.#date(at, "moment")

	since(/** @type {Maybe} */ at) {
		return this.date(at) === this.date(Date.now() / 1000) ? this.#date(at, "time") : this.moment(at)
	}

	/** @param {Maybe} at @param {string} kind */
	#date(at, kind) {
		if (!Number.isFinite(at)) return NONE
		const hour12 = TIMES[kind].timeStyle && this.hour12
		const options = {...TIMES[kind], hour12, timeZone: this.zone}
		return (this.#dates[kind] ??= new Intl.DateTimeFormat(this.times, options)).format(Number(at) * 1000)
	}
}

export function clock(/** @type {Maybe} */ seconds) {
	if (seconds === null || seconds === undefined) return NONE
	const minutes = Math.floor(seconds / 60)
	return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}\u00a0h`
}
