/**
 * Numbers and times as the user of this page writes them.
 *
 * @typedef {import("./types").Hass} Hass
 */

/** @type {Record<string, string[] | undefined>} */
const NUMBERS = {
  comma_decimal: ["en-US", "en"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
};

const NONE = "–";

export class Format {
  /** @type {Map<string, Intl.NumberFormat>} */
  #numbers = new Map();
  /** @type {Map<string, Intl.DateTimeFormat>} */
  #dates = new Map();

  /** @param {Hass} hass */
  constructor(hass) {
    const locale = hass.locale ?? { language: hass.language };
    const chosen = locale.number_format ?? "language";
    this.language = locale.language;
    /** @type {string | string[] | undefined} */
    this.numbers = chosen === "system" ? undefined : (NUMBERS[chosen] ?? locale.language);
    this.grouping = chosen !== "none";
    this.hour12 =
      locale.time_format === "12" ? true : locale.time_format === "24" ? false : /** @type {undefined} */ (undefined);
    this.times = locale.time_format === "system" ? undefined : locale.language;
    this.zone = locale.time_zone === "server" ? hass.config?.time_zone : undefined;
    this.fahrenheit = hass.config?.unit_system?.temperature === "°F";
  }

  /**
   * @param {number | null | undefined} value
   * @param {number} digits
   * @param {boolean} [signed] with a + where it is positive
   */
  number(value, digits, signed = false) {
    if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
    const key = `${digits}${signed}`;
    let format = this.#numbers.get(key);
    if (!format) {
      format = new Intl.NumberFormat(this.numbers, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        useGrouping: this.grouping,
        signDisplay: signed ? "exceptZero" : "negative",
      });
      this.#numbers.set(key, format);
    }
    return format.format(value).replace("-", "−");
  }

  /**
   * A value with its unit, which stays on its line.
   *
   * @param {number | null | undefined} value
   * @param {number} digits
   * @param {string} unit
   * @param {boolean} [signed]
   */
  value(value, digits, unit, signed = false) {
    const number = this.number(value, digits, signed);
    return number === NONE || !unit ? number : `${number}\u00a0${unit}`;
  }

  /** @param {number | null | undefined} celsius */
  temperature(celsius) {
    if (celsius === null || celsius === undefined) return NONE;
    return this.fahrenheit ? this.value(celsius * 1.8 + 32, 1, "°F") : this.value(celsius, 1, "°C");
  }

  /**
   * A difference of temperatures.
   *
   * @param {number | null | undefined} kelvin
   * @param {boolean} [signed]
   */
  rise(kelvin, signed = true) {
    if (kelvin === null || kelvin === undefined) return NONE;
    return this.fahrenheit ? this.value(kelvin * 1.8, 1, "°F", signed) : this.value(kelvin, 1, "K", signed);
  }

  /**
   * What an alarm measured, in the unit it came with.
   *
   * @param {number | null} value
   * @param {string} unit
   */
  measured(value, unit) {
    if (unit === "°C") return this.temperature(value);
    if (unit === "K") return this.rise(value, false);
    if (unit === "×") return value === null ? NONE : this.value(value * 100, 0, "%");
    const digits = unit === "V" ? 3 : unit === "A" ? 1 : Number.isInteger(value) ? 0 : 2;
    return this.value(value, unit === "V" && Math.abs(value ?? 0) >= 4 ? 2 : digits, unit);
  }

  /**
   * A span as hours and minutes, or seconds where it is short.
   *
   * @param {number | null | undefined} seconds
   */
  duration(seconds) {
    if (seconds === null || seconds === undefined) return NONE;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 1) return this.value(Math.round(seconds), 0, "s");
    if (minutes < 60) return this.value(minutes, 0, "min");
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    return `${this.number(hours, 0)}\u00a0h\u00a0${String(rest).padStart(2, "0")}\u00a0min`;
  }

  /** @param {number | null | undefined} at s since 1970 */
  date(at) {
    return this.#date(at, "date", { dateStyle: "medium" });
  }

  /** @param {number | null | undefined} at s since 1970 */
  month(at) {
    return this.#date(at, "month", { year: "numeric", month: "short" });
  }

  /** @param {number | null | undefined} at s since 1970 */
  moment(at) {
    return this.#date(at, "moment", { dateStyle: "medium", timeStyle: "short" });
  }

  /**
   * The time alone if it is of today, else with its date.
   *
   * @param {number | null | undefined} at s since 1970
   */
  since(at) {
    const today = at !== null && at !== undefined && this.date(at) === this.date(Date.now() / 1000);
    return today ? this.#date(at, "time", { timeStyle: "medium" }) : this.moment(at);
  }

  /**
   * @param {number | null | undefined} at
   * @param {string} key
   * @param {Intl.DateTimeFormatOptions} options
   */
  #date(at, key, options) {
    if (at === null || at === undefined || !Number.isFinite(at)) return NONE;
    let format = this.#dates.get(key);
    if (!format) {
      const clock = options.timeStyle ? { hour12: this.hour12 } : {};
      format = new Intl.DateTimeFormat(this.times, { ...options, ...clock, timeZone: this.zone });
      this.#dates.set(key, format);
    }
    return format.format(at * 1000);
  }
}
