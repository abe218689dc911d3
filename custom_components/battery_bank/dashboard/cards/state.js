/** @type {Moved} */
export const ALL = {all: true, values: true, alarms: true, cells: new Set()}

/** @type {Record<string, number>} */
const SEVERITY = {ok: 0, warning: 1, alarm: 2}

export class State {
	/** @type {Map<string, Line>} */
	lines = new Map()
	/** @type {Map<string, BankString>} */
	strings = new Map()
	version = ""
	known = false

	/** Return what changed; null if a snapshot is needed. @param {Message} message @returns {Change | null} */
	take(message) {
		if (message.kind === "snapshot") {
			this.version = message.version
			this.lines = new Map(message.lines.map((line) => [line.id, line]))
			this.strings = new Map(message.strings.map((string) => [string.id, string]))
			this.known = true
			return {lines: true, strings: null}
		}
		const {kind, lines = [], strings = []} = message
		const changed = new Map()
		if (kind !== "update") return {lines: false, strings: changed} // of a later version
		if (!this.known) return null
		for (const line of lines) this.lines.set(line.id, line)
		for (const update of strings) {
			const string = this.strings.get(update.id)
			if (!string) return null
			changed.set(update.id, moved(string, update))
		}
		return {lines: lines.length > 0, strings: changed}
	}
}

/** @param {BankString} string @param {StringUpdate} update @returns {Moved} */
function moved(string, update) {
	const cells = new Set()
	const columns = /** @type {any} */ (string.cells)
	for (const [key, values] of Object.entries(update.cells ?? {})) {
		const column = (columns[key] ??= string.batteries.map(() => null))
		for (const [index, value] of Object.entries(values)) {
			column[Number(index)] = value
			cells.add(Number(index))
		}
	}
	if (update.values) Object.assign(string.values, update.values)
	if (update.alarms) string.alarms = update.alarms
	return {all: false, values: Boolean(update.values), alarms: Boolean(update.alarms), cells}
}

/** @param {BankString} one @param {BankString} other */
export function byName(one, other) {
	return one.name.localeCompare(other.name, undefined, {numeric: true})
}

/** @template T @param {T[]} items @param {(item: T) => number[]} rank the least first @returns {T[]} */
function ranked(items, rank) {
	return items.toSorted((item, next) => {
		const [one, other] = [rank(item), rank(next)]
		const at = one.findIndex((value, index) => value !== other[index])
		return at < 0 ? 0 : one[at] - other[at]
	})
}

/** @param {Iterable<BankString>} strings @param {Map<string, Line>} lines */
export function worstFirst(strings, lines) {
	return ranked([...strings].sort(byName), ({line, values, alarms}) => [
		lines.get(line)?.down ? 0 : 1,
		-severity(values.level),
		-alarms.filter((alarm) => !alarm.acknowledged_by).length,
	])
}

/** The alarm of the highest level; of these one that is not acknowledged; of these the oldest. @param {Alarm[]} alarms */
export function urgentFirst(alarms) {
	return ranked(alarms, ({level, acknowledged_by, since}) => [
		-severity(level),
		acknowledged_by ? 1 : 0,
		seconds(since),
	])
}

/** Whether an alarm is about the battery with this number, alone or among several. @param {Alarm} alarm @param {number} number */
export function concerns({battery, batteries = []}, number) {
	return battery === number || batteries.includes(number)
}

export function severity(/** @type {string | null | undefined} */ level) {
	return SEVERITY[level ?? ""] ?? 0
}

/** Return a time, which may be an ISO date, in s since 1970. @param {number | string | null | undefined} time */
export function seconds(time) {
	if (typeof time === "number") return time
	return time ? Date.parse(time) / 1000 : NaN
}
