/** Numbers, dates and times in the format of the user; if that is "by language", in that of the texts. */
import type { Hass } from "./hass.ts";
import type { BankString } from "./payload.ts";
import { offsetIfTwice, type Zone } from "./zone.ts";

export type Maybe = number | null | undefined;

/** The space between a value and its unit: they stay on one line. */
export const SPACE = "\u00a0";
/** What stands for a value that is unknown. */
export const NONE = "–";
const MINUTE = 60;

const NUMBERS: Readonly<Record<string, string[]>> = {
	comma_decimal: ["en-US", "en"],
	decimal_comma: ["de", "es", "it"],
	space_comma: ["fr", "sv", "cs"],
	quote_decimal: ["de-CH"],
};
const TIMES = {
	date: { dateStyle: "medium" },
	day: { month: "short", day: "numeric" },
	month: { year: "numeric", month: "short" },
	moment: { dateStyle: "medium", timeStyle: "short" },
	time: { timeStyle: "medium" },
	hours: { timeStyle: "short" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** Return the language of a tag, without its region. */
const primary = (tag: string): string | undefined => tag.split("-")[0];

/** Units of alarms, besides those of temperatures, whose values have one decimal; `number_format.py` has the same. */
const ONE_DIGIT = new Set(["A", "d", "h"]);

export class Format {
	readonly #numbers: string | string[] | undefined;
	readonly #grouping: boolean;
	readonly #times: string | undefined;
	readonly #hour12: boolean | undefined;
	/** The time zone of all times that are shown. */
	readonly zone: Zone;
	readonly #fahrenheit: boolean;
	readonly #decimals: number | undefined;
	readonly #chinese: boolean;
	readonly #number: Record<string, Intl.NumberFormat> = {};
	readonly #date: Record<string, Intl.DateTimeFormat> = {};

	/** `shown` is the language of the texts around the numbers; `decimals` is how many all numbers have. */
	constructor({ locale, config }: Pick<Hass, "locale" | "config">, shown = locale.language, decimals?: number) {
		const { number_format: numbers = "language", time_format, time_zone } = locale;
		const language = primary(shown) === primary(locale.language) ? locale.language : shown;
		this.#numbers = numbers === "system" ? undefined : (NUMBERS[numbers] ?? language);
		this.#grouping = numbers !== "none";
		this.#times = time_format === "system" ? undefined : language;
		this.#hour12 = time_format === "12" ? true : time_format === "24" ? false : undefined;
		this.zone = time_zone === "server" ? config.time_zone : undefined;
		this.#decimals = decimals;
		this.#chinese = primary(shown) === "zh";
		this.#fahrenheit = config.unit_system?.temperature === "°F";
	}

	number(value: Maybe, usual: number, signed = false): string {
		if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
		const digits = this.#decimals ?? usual;
		const format = (this.#number[`${digits}${signed}`] ??= new Intl.NumberFormat(this.#numbers, {
			minimumFractionDigits: digits,
			maximumFractionDigits: digits,
			useGrouping: this.#grouping,
			signDisplay: signed ? "exceptZero" : "negative",
		}));
		return format.format(value).replace("-", "−");
	}

	value(value: Maybe, digits: number, unit: string, signed = false): string {
		const number = this.number(value, digits, signed);
		if (number === NONE || !unit) return number;
		return unit === "%" && this.#chinese ? `${number}%` : number + SPACE + unit;
	}

	/** A voltage of a battery, with the resolution of its module. */
	volts(value: Maybe, string: Pick<BankString, "nominal_voltage">, signed = false): string {
		return this.value(value, string.nominal_voltage >= 6 ? 2 : 3, "V", signed);
	}

	/** A resistance, with the resolution of the modules of its string. */
	milliohms(value: Maybe, string: Pick<BankString, "milliohm_decimals">): string {
		return this.value(value, string.milliohm_decimals, "mΩ");
	}

	temperature(celsius: Maybe): string {
		return this.#fahrenheit ? this.value((celsius ?? NaN) * 1.8 + 32, 1, "°F") : this.value(celsius, 1, "°C");
	}

	/** A difference of temperatures. */
	rise(kelvin: Maybe, signed = true): string {
		return this.#fahrenheit ? this.value((kelvin ?? NaN) * 1.8, 1, "°F", signed) : this.value(kelvin, 1, "K", signed);
	}

	percent(ratio: Maybe, digits = 0, signed = false): string {
		return this.value((ratio ?? NaN) * 100, digits, "%", signed);
	}

	/** The value of an alarm or a limit, by the unit that comes with it, or with a word if it has one. */
	measured(value: Maybe, unit: string, word = ""): string {
		if (unit === "°C") return this.temperature(value);
		if (unit === "K") return this.rise(value, false);
		if (unit === "min" && value !== null && value !== undefined) return this.duration(value * MINUTE);
		if (unit === "V") return this.value(value, Math.abs(value ?? 0) >= 4 ? 2 : 3, unit);
		const digits = ONE_DIGIT.has(unit) ? 1 : !word && Number.isInteger(value) ? 0 : 2;
		return this.value(value, digits, word || unit);
	}

	/**
	 * A duration to the nearest: 42 s, 8 min, 1 h 05 min. A time that is left is rounded down: the batteries must not be
	 * said to last longer than they may. `number_format.py` has the same.
	 */
	duration(seconds: Maybe, left = false): string {
		const round = left ? Math.floor : Math.round;
		if (round(seconds ?? NaN) < MINUTE) return this.value(round(seconds ?? NaN), 0, "s");
		const minutes = round((seconds ?? NaN) / MINUTE);
		if (!(minutes >= 60)) return this.value(minutes, 0, "min");
		return [this.number(Math.floor(minutes / 60), 0), "h", padded(minutes % 60), "min"].join(SPACE);
	}

	/** A time that is left with its range: 41 min (35–48), or 1 h 41 min (58 min – 1 h 48 min). */
	about(seconds: Maybe, low: Maybe, high: Maybe): string {
		const shown = this.duration(seconds, true);
		if (low === null || low === undefined || high === null || high === undefined) return shown;
		const minutes = low >= MINUTE && Math.max(low, high, seconds ?? 0) < 60 * MINUTE;
		if (minutes) return `${shown} (${Math.floor(low / MINUTE)}–${Math.floor(high / MINUTE)})`;
		return `${shown} (${this.duration(low, true)} – ${this.duration(high, true)})`;
	}

	date(at: Maybe): string {
		return this.#at(at, "date");
	}

	/** Without the year. */
	day(at: Maybe): string {
		return this.#at(at, "day");
	}

	/** With the year. */
	month(at: Maybe): string {
		return this.#at(at, "month");
	}

	moment(at: Maybe): string {
		return this.#at(at, "moment");
	}

	/** The time of day without seconds. */
	hours(at: Maybe): string {
		return this.#at(at, "hours");
	}

	/** The time of day without seconds, with the day if it was on another one. */
	clock(at: Maybe): string {
		const time = this.#at(at, "hours");
		if (this.date(at) === this.date(Date.now() / 1000)) return time;
		return `${this.day(at)}${this.#chinese ? " " : ", "}${time}`;
	}

	/** The time, with the date if it was on another day. */
	since(at: Maybe): string {
		return this.date(at) === this.date(Date.now() / 1000) ? this.#at(at, "time") : this.moment(at);
	}

	#at(at: Maybe, kind: keyof typeof TIMES): string {
		if (at === null || at === undefined || !Number.isFinite(at)) return NONE;
		const style: Intl.DateTimeFormatOptions = TIMES[kind];
		const options = { ...style, hour12: style.timeStyle && this.#hour12, timeZone: this.zone };
		const text = (this.#date[kind] ??= new Intl.DateTimeFormat(this.#times, options)).format(at * 1000);
		const apart = style.timeStyle ? offsetIfTwice(at, this.zone) : "";
		return apart ? text + SPACE + apart : text;
	}
}

/** Return the parts of a value: the number and the unit, or those of a time span, which has several units. */
export function partsOf(value: string): string[] {
	return value.replace(/(?<=\d)%$/, `${SPACE}%`).split(SPACE); // Chinese writes 80%
}

const SHORT = 120 * MINUTE; // s, up to which an axis is in minutes

/** A tick of an axis of `length` s: 30 s, 2:30 min, 45 min or 1:30 h. `step` is from one tick to the next. */
export function span(seconds: number, step: number, length: number): string {
	if (length > SHORT) return clock(seconds, step < MINUTE);
	if (length < MINUTE) return `${seconds}${SPACE}s`;
	const minutes = String(Math.floor(seconds / MINUTE));
	return `${step < MINUTE ? `${minutes}:${padded(Math.floor(seconds % MINUTE))}` : minutes}${SPACE}min`;
}

/** A place on the axis of a chart as hours and minutes, or with its seconds. */
export function clock(seconds: Maybe, exact = false): string {
	if (seconds === null || seconds === undefined) return NONE;
	const minutes = Math.floor(seconds / MINUTE);
	const parts = [String(Math.floor(minutes / 60)), padded(minutes % 60)];
	if (exact) parts.push(padded(Math.floor(seconds % MINUTE)));
	return `${parts.join(":")}${SPACE}h`;
}

function padded(value: number): string {
	return String(value).padStart(2, "0");
}
