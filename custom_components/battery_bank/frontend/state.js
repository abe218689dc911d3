/**
 * What is known of all lines and strings, and how a message changes it. No page, no connection.
 *
 * @typedef {import("./types").Line} Line
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./types").Message} Message
 * @typedef {import("./types").Change} Change
 * @typedef {import("./types").Moved} Moved
 */

/** @type {Record<string, number>} */
const SEVERITY = { ok: 0, warning: 1, alarm: 2 };

export class State {
  /** @type {Map<string, Line>} */
  lines = new Map();
  /** @type {Map<string, BankString>} */
  strings = new Map();
  version = "";
  known = false;

  /**
   * Take a message in, and tell what it changed; null if it can't be applied, so that a snapshot is needed.
   *
   * @param {Message} message
   * @returns {Change | null}
   */
  take(message) {
    if (message.kind === "snapshot") {
      this.version = message.version;
      this.lines = new Map(message.lines.map((line) => [line.id, line]));
      this.strings = new Map(message.strings.map((string) => [string.id, string]));
      this.known = true;
      return { lines: true, strings: null };
    }
    if (message.kind !== "update") return { lines: false, strings: new Map() }; // of a later version
    if (!this.known) return null;
    for (const line of message.lines ?? []) this.lines.set(line.id, line);
    const strings = new Map();
    for (const update of message.strings ?? []) {
      const string = this.strings.get(update.id);
      if (!string) return null;
      strings.set(update.id, moved(string, update));
    }
    return { lines: Boolean(message.lines?.length), strings };
  }
}

/**
 * Change a string in place, and tell what moved.
 *
 * @param {BankString} string
 * @param {import("./types").StringUpdate} update
 * @returns {Moved}
 */
function moved(string, update) {
  const cells = new Set();
  for (const [key, values] of Object.entries(update.cells ?? {})) {
    const columns = /** @type {Record<string, unknown[]>} */ (/** @type {unknown} */ (string.cells));
    const column = (columns[key] ??= new Array(string.batteries.length).fill(null));
    for (const [index, value] of Object.entries(values)) {
      column[Number(index)] = value;
      cells.add(Number(index));
    }
  }
  if (update.values) Object.assign(string.values, update.values);
  if (update.alarms) string.alarms = update.alarms;
  return { all: false, values: Boolean(update.values), alarms: Boolean(update.alarms), cells };
}

/**
 * Return strings, the worst first; of equals the one with more alarms nobody has seen, then by name.
 *
 * @param {Iterable<BankString>} strings
 * @param {Map<string, Line>} lines
 * @returns {BankString[]}
 */
export function worstFirst(strings, lines) {
  const down = (/** @type {BankString} */ one) => Number(Boolean(lines.get(one.line)?.down));
  const unseen = (/** @type {BankString} */ one) => one.alarms.filter((alarm) => !alarm.acknowledged_by).length;
  return [...strings].sort(
    (one, other) =>
      down(other) - down(one) ||
      severity(other.values.level) - severity(one.values.level) ||
      unseen(other) - unseen(one) ||
      one.name.localeCompare(other.name, undefined, { numeric: true }),
  );
}

/**
 * Return alarms, the most urgent first: the worst, of those one nobody has seen, of those the oldest.
 *
 * @param {import("./types").Alarm[]} alarms
 */
export function urgentFirst(alarms) {
  return [...alarms].sort(
    (one, other) =>
      severity(other.level) - severity(one.level) ||
      Number(Boolean(one.acknowledged_by)) - Number(Boolean(other.acknowledged_by)) ||
      seconds(one.since) - seconds(other.since),
  );
}

/**
 * Return how bad a level is: 0, 1 or 2.
 *
 * @param {string | null | undefined} level
 * @returns {number}
 */
export function severity(level) {
  return SEVERITY[level ?? ""] ?? 0;
}

/**
 * Return a time in s since 1970; it may come as an ISO date.
 *
 * @param {number | string | null | undefined} time
 * @returns {number}
 */
export function seconds(time) {
  if (typeof time === "number") return time;
  return time ? Date.parse(time) / 1000 : NaN;
}
