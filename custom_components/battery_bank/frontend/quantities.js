/**
 * What a wall can be coloured by. A mark says how far away from normal a battery is: 0 is normal, ±1 half way to the
 * limit, ±2 beyond that of the warning, ±3 beyond that of the alarm; below 0 is too low.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Limit} Limit
 * @typedef {import("./format.js").Format} Format
 * @typedef {import("./texts.js").Texts} Texts
 * @typedef {-3 | -2 | -1 | 0 | 1 | 2 | 3 | "lost"} Mark
 *
 * @typedef Quantity
 * @property {(string: BankString) => boolean} exists whether the modules measure it
 * @property {(string: BankString, index: number) => number | null} value
 * @property {(string: BankString, index: number) => Mark} mark
 * @property {(value: number | null, format: Format, string: BankString) => string} short as a tile has it
 * @property {(value: number | null, format: Format, string: BankString) => string} long with its unit
 * @property {(string: BankString) => Limit | undefined} limit
 * @property {boolean} [low] whether it can be too low as well
 */

/**
 * Return how many digits a battery's voltage deserves.
 *
 * @param {BankString} string
 */
export function voltDigits(string) {
  return string.nominal_voltage >= 6 ? 2 : 3;
}

/**
 * @param {number | null} value
 * @param {Limit | undefined} limit
 * @param {number} [normal]
 * @returns {Mark}
 */
function beyond(value, limit, normal = 0) {
  if (value === null || !limit) return 0;
  if (value >= limit.alarm) return 3;
  if (value >= limit.warning) return 2;
  return value >= (normal + limit.warning) / 2 ? 1 : 0;
}

/** @type {Record<string, Mark>} */
const OF_LEVEL = { ok: 0, warning: 2, alarm: 3 };

/** @type {Record<string, Quantity>} */
export const QUANTITIES = {
  alarm: {
    exists: () => true,
    value: (string, index) => string.cells.voltage[index] ?? null,
    mark: (string, index) => OF_LEVEL[string.cells.level[index]] ?? 0,
    short: (value, format, string) => format.number(value, voltDigits(string)),
    long: (value, format, string) => format.value(value, voltDigits(string), "V"),
    limit: () => undefined,
  },
  deviation: {
    exists: () => true,
    value: (string, index) => string.cells.deviation[index] ?? null,
    mark(string, index) {
      const value = this.value(string, index);
      const mark = beyond(value === null ? null : Math.abs(value), this.limit(string));
      return value !== null && value < 0 ? /** @type {Mark} */ (-mark) : mark;
    },
    short: (value, format) => format.number(value === null ? null : value * 1000, 0, true),
    long: (value, format) => format.value(value === null ? null : value * 1000, 0, "mV", true),
    limit: (string) => string.limits.deviation,
    low: true,
  },
  resistance: {
    exists: (string) => string.measures.resistance,
    value: (string, index) => string.cells.ratio[index] ?? null,
    mark(string, index) {
      return beyond(this.value(string, index), this.limit(string), 1);
    },
    short: (value, format) => format.number(value === null ? null : value * 100, 0),
    long: (value, format) => format.value(value === null ? null : value * 100, 0, "%"),
    limit: (string) => string.limits.resistance_baseline,
  },
  temperature: {
    exists: (string) => string.measures.temperature,
    value: (string, index) => (above(string) ? string.cells.rise : string.cells.temperature)[index] ?? null,
    mark(string, index) {
      const normal = above(string) ? 0 : 20;
      return beyond(this.value(string, index), this.limit(string), normal);
    },
    short: (value, format, string) =>
      format.number(shownTemperature(value, format, above(string)), above(string) ? 1 : 0, above(string)),
    long: (value, format, string) => (above(string) ? format.rise(value) : format.temperature(value)),
    limit: (string) => (above(string) ? string.limits.temperature_rise : string.limits.temperature_high),
  },
};

/** @param {BankString} string */
export function above(string) {
  return string.measures.ambient;
}

/**
 * @param {number | null} value
 * @param {Format} format
 * @param {boolean} difference
 */
function shownTemperature(value, format, difference) {
  if (value === null || !format.fahrenheit) return value;
  return value * 1.8 + (difference ? 0 : 32);
}

/**
 * Return the quantities of a string by their keys.
 *
 * @param {BankString} string
 */
export function quantitiesOf(string) {
  return Object.keys(QUANTITIES).filter((key) => QUANTITIES[key].exists(string));
}

/** What quantities are called, as keys of the texts. @type {[string, string][]} */
export const QUANTITY_NAMES = [
  ["alarm", "alarms"],
  ["deviation", "deviation"],
  ["resistance", "ratio"],
  ["temperature", "rise"],
];

/**
 * Return the text key of what a quantity of a string is called.
 *
 * @param {string} key
 * @param {BankString} string
 */
export function quantityName(key, string) {
  if (key === "temperature" && !above(string)) return key;
  return new Map(QUANTITY_NAMES).get(key) ?? key;
}

/**
 * Return what a legend has to say, from low to high.
 *
 * @param {string} key
 * @param {BankString} string
 * @param {Format} format
 * @param {Texts} texts
 * @returns {{mark: Mark, text: string}[]}
 */
export function legend(key, string, format, texts) {
  const quantity = QUANTITIES[key];
  const limit = quantity.limit(string);
  /** @type {{mark: Mark, text: string}[]} */
  const entries = [{ mark: 0, text: texts.say(key === "alarm" ? "ok" : "normal") }];
  if (!limit) {
    if (key === "alarm") {
      entries.push({ mark: 2, text: texts.say("warning") }, { mark: 3, text: texts.say("alarm") });
    }
  } else {
    const [warning, alarm] = [limit.warning, limit.alarm].map((value) => quantity.long(value, format, string));
    entries.push({ mark: 2, text: `≥ ${warning}` }, { mark: 3, text: `≥ ${alarm}` });
    if (quantity.low) {
      const [less, least] = [-limit.warning, -limit.alarm].map((value) => quantity.long(value, format, string));
      entries.unshift({ mark: -3, text: `≤ ${least}` }, { mark: -2, text: `≤ ${less}` });
    }
  }
  entries.push({ mark: "lost", text: texts.say("no_answer") });
  return entries;
}

/**
 * Return the mark of a battery; one that does not answer has none.
 *
 * @param {string} key
 * @param {BankString} string
 * @param {number} index
 * @returns {Mark}
 */
export function markOf(key, string, index) {
  return string.cells.contact[index] === "lost" ? "lost" : QUANTITIES[key].mark(string, index);
}

/**
 * Return a battery in words, for who can't see its tile.
 *
 * @param {string} key
 * @param {BankString} string
 * @param {number} index
 * @param {Format} format
 * @param {Texts} texts
 */
export function described(key, string, index, format, texts) {
  const { cells } = string;
  const name = texts.say("battery", { number: string.batteries[index].number });
  if (cells.contact[index] === "lost") return `${name}: ${texts.say("no_answer")}`;
  const { alarm, deviation } = QUANTITIES;
  const parts = [
    alarm.long(cells.voltage[index], format, string),
    `${texts.say("deviation")} ${deviation.long(cells.deviation[index], format, string)}`,
  ];
  if (key === "resistance" || key === "temperature") {
    const quantity = QUANTITIES[key];
    parts.push(
      `${texts.say(quantityName(key, string))} ${quantity.long(quantity.value(string, index), format, string)}`,
    );
  }
  parts.push(texts.say(cells.level[index] ?? "ok"));
  if (cells.testing[index]) parts.push(texts.say("testing"));
  return `${name}: ${parts.join(", ")}`;
}
