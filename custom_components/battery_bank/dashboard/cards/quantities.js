/** Whether temperatures are shown relative to that of the room. @param {BankString} string */
export function above(string) {
	return string.measures.ambient
}

/** @type {Record<string, Quantity>} */
export const QUANTITIES = {
	alarm: {
		name: "alarms",
		exists: () => true,
		cell: () => "voltage",
		long: (value, format, string) => format.volts(value, string),
		limit: () => undefined,
	},
	deviation: {
		name: "deviation",
		exists: () => true,
		cell: () => "deviation",
		long: (value, format) => format.value((value ?? NaN) * 1000, 0, "mV", true),
		limit: (string) => string.limits.deviation,
		low: true,
	},
	resistance: {
		name: "ratio",
		exists: (string) => string.measures.resistance,
		cell: () => "ratio",
		long: (value, format) => format.percent(value),
		limit: (string) => string.limits.resistance_baseline,
		normal: 1,
	},
	temperature: {
		name: "rise",
		exists: (string) => string.measures.temperature,
		cell: (string) => (above(string) ? "rise" : "temperature"),
		long: (value, format, string) => (above(string) ? format.rise(value) : format.temperature(value)),
		limit: (string) => (above(string) ? string.limits.temperature_rise : string.limits.temperature_high),
	},
}
const ROOM = 20 // °C, normal where the room's own temperature is not measured

export function quantitiesOf(/** @type {BankString} */ string) {
	return Object.keys(QUANTITIES).filter((key) => QUANTITIES[key].exists(string))
}

/** @param {string} key @param {BankString} string */
export function quantityName(key, string) {
	return key === "temperature" && !above(string) ? key : QUANTITIES[key].name
}

/** @type {OfBattery<number | null>} */
const valueOf = (key, string, index) => string.cells[QUANTITIES[key].cell(string)][index] ?? null

/** @type {ValueText} */
export const valueText = (key, string, index, format) =>
	QUANTITIES[key].long(valueOf(key, string, index), format, string)

/** @type {OfBattery<Mark>} */
export const markOf = (key, string, index) => {
	const {contact, level} = string.cells
	if (contact[index] !== "answering") return "offline"
	if (key === "alarm") return level[index] === "alarm" ? 3 : level[index] === "warning" ? 2 : 0
	const {limit: limitOf, low, normal = 0} = QUANTITIES[key]
	const limit = limitOf(string)
	const value = valueOf(key, string, index)
	if (value === null || !limit) return 0
	const away = low ? Math.abs(value) : value
	const usual = key === "temperature" && !above(string) ? ROOM : normal
	const mark = away >= limit.alarm ? 3 : away >= limit.warning ? 2 : away >= (usual + limit.warning) / 2 ? 1 : 0
	return away === value ? mark : /** @type {Mark} */ (-mark)
}

/** @type {Legend} */
export const legend = (key, string, format, {say}) => {
	const {limit: limitOf, long, low} = QUANTITIES[key]
	const limit = limitOf(string)
	const text = (/** @type {number} */ value) => long(value, format, string)
	/** @type {ReturnType<Legend>} */
	const entries = [{mark: 0, text: say(key === "alarm" ? "ok" : "normal")}]
	if (key === "alarm") entries.push({mark: 2, text: say("warning")}, {mark: 3, text: say("alarm")})
	if (limit) {
		const {warning, alarm} = limit
		entries.push({mark: 2, text: `≥ ${text(warning)}`}, {mark: 3, text: `≥ ${text(alarm)}`})
		if (low) entries.unshift({mark: -3, text: `≤ ${text(-alarm)}`}, {mark: -2, text: `≤ ${text(-warning)}`})
	}
	return [...entries, {mark: "offline", text: say("no_answer")}]
}

/** @type {Described} */
export const described = (key, string, index, format, {say}) => {
	const {contact, level, testing} = string.cells
	const name = say("battery", {number: string.batteries[index].number})
	if (contact[index] !== "answering") return `${name}: ${say("no_answer")}`
	const shown = ["deviation", ...(key === "alarm" || key === "deviation" ? [] : [key])]
	const parts = shown.map((one) => `${say(quantityName(one, string))} ${valueText(one, string, index, format)}`)
	parts.push(say(level[index] ?? "ok"))
	if (testing[index]) parts.push(say("testing"))
	return `${name}: ${valueText("alarm", string, index, format)}, ${parts.join(", ")}`
}
