// What a wall can be coloured by.

/** Return how many digits a battery's voltage deserves. @param {BankString} string */
export function voltDigits(string) {
	return string.nominal_voltage >= 6 ? 2 : 3;
}

/** Whether temperatures are told above that of the room. @param {BankString} string */
export function above(string) {
	return string.measures.ambient;
}

/** @param {number | null} value @param {Limit | undefined} limit */
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
		name: "alarms",
		exists: () => true,
		value: (string, index) => string.cells.voltage[index] ?? null,
		mark: (string, index) => OF_LEVEL[string.cells.level[index]] ?? 0,
		short: (value, format, string) => format.number(value, voltDigits(string)),
		long: (value, format, string) => format.value(value, voltDigits(string), "V"),
		limit: () => undefined,
	},
	deviation: {
		name: "deviation",
		exists: () => true,
		value: (string, index) => string.cells.deviation[index] ?? null,
		mark(string, index) {
			const value = this.value(string, index) ?? 0;
			const mark = beyond(Math.abs(value), this.limit(string));
			return value < 0 && mark ? /** @type {Mark} */ (-mark) : mark;
		},
		short: (value, format) => format.number(value === null ? null : value * 1000, 0, true),
		long: (value, format) => format.value(value === null ? null : value * 1000, 0, "mV", true),
		limit: (string) => string.limits.deviation,
		low: true,
	},
	resistance: {
		name: "ratio",
		exists: (string) => string.measures.resistance,
		value: (string, index) => string.cells.ratio[index] ?? null,
		mark(string, index) {
			return beyond(this.value(string, index), this.limit(string), 1);
		},
		short: (value, format) => format.number(value === null ? null : value * 100, 0),
		long: (value, format) => format.percent(value),
		limit: (string) => string.limits.resistance_baseline,
	},
	temperature: {
		name: "rise",
		exists: (string) => string.measures.temperature,
		value: (string, index) => (above(string) ? string.cells.rise : string.cells.temperature)[index] ?? null,
		mark(string, index) {
			return beyond(this.value(string, index), this.limit(string), above(string) ? 0 : 20);
		},
		short(value, format, string) {
			const shown = value === null || !format.fahrenheit ? value : value * 1.8 + (above(string) ? 0 : 32);
			return above(string) ? format.number(shown, 1, true) : format.number(shown, 0);
		},
		long: (value, format, string) => (above(string) ? format.rise(value) : format.temperature(value)),
		limit: (string) => (above(string) ? string.limits.temperature_rise : string.limits.temperature_high),
	},
};

/** @param {BankString} string */
export function quantitiesOf(string) {
	return Object.keys(QUANTITIES).filter((key) => QUANTITIES[key].exists(string));
}

/** Return the text key of what it is called. @param {string} key @param {BankString} string */
export function quantityName(key, string) {
	return key === "temperature" && !above(string) ? key : QUANTITIES[key].name;
}

/** Return what there is to say, from low to high. @param {string} key @param {BankString} string @param {Format} format @param {Texts} texts */
export function legend(key, string, format, { say }) {
	const { limit: limitOf, long, low } = QUANTITIES[key];
	const limit = limitOf(string);
	const told = (/** @type {number} */ value) => long(value, format, string);
	/** @type {{mark: Mark, text: string}[]} */
	const entries = [{ mark: 0, text: say(key === "alarm" ? "ok" : "normal") }];
	if (key === "alarm") entries.push({ mark: 2, text: say("warning") }, { mark: 3, text: say("alarm") });
	if (limit) {
		const { warning, alarm } = limit;
		entries.push({ mark: 2, text: `≥ ${told(warning)}` }, { mark: 3, text: `≥ ${told(alarm)}` });
		if (low) entries.unshift({ mark: -3, text: `≤ ${told(-alarm)}` }, { mark: -2, text: `≤ ${told(-warning)}` });
	}
	entries.push({ mark: "lost", text: say("no_answer") });
	return entries;
}

/** A battery that does not answer has no mark of a value. @param {string} key @param {BankString} string @param {number} index */
export function markOf(key, string, index) {
	return string.cells.contact[index] === "lost" ? "lost" : QUANTITIES[key].mark(string, index);
}

// A battery in words, for who can't see its tile.
/** @param {string} key @param {BankString} string @param {number} index @param {Format} format @param {Texts} texts */
export function described(key, string, index, format, { say }) {
	const { cells } = string;
	const name = say("battery", { number: string.batteries[index].number });
	if (cells.contact[index] === "lost") return `${name}: ${say("no_answer")}`;
	const told = (/** @type {string} */ one) => {
		const quantity = QUANTITIES[one];
		return quantity.long(quantity.value(string, index), format, string);
	};
	const parts = [told("alarm"), `${say("deviation")} ${told("deviation")}`];
	if (key === "resistance" || key === "temperature") parts.push(`${say(quantityName(key, string))} ${told(key)}`);
	parts.push(say(cells.level[index] ?? "ok"));
	if (cells.testing[index]) parts.push(say("testing"));
	return `${name}: ${parts.join(", ")}`;
}
