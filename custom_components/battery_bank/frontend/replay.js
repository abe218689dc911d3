/**
 * What a recorded discharge says at a moment of it, and who failed.
 *
 * @typedef {import("./types").Curve} Curve
 * @typedef {import("./types").Point} Point
 * @typedef {import("./quantities.js").Mark} Mark
 */

const NEAR = 0.03; // of the end voltage, within which a battery is close to its end

/**
 * Return the voltage of a curve at a moment; null before it begins and after it ends.
 *
 * @param {Point[]} points in order
 * @param {number} at s since the beginning
 * @returns {number | null}
 */
export function voltageAt(points, at) {
  if (!points.length || at < points[0][0] || at > points[points.length - 1][0]) return null;
  let [low, high] = [0, points.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= at) low = middle;
    else high = middle;
  }
  const [[from, before], [to, after]] = [points[low], points[high]];
  return to === from ? after : before + ((after - before) * (at - from)) / (to - from);
}

/**
 * Return how long a discharge is, in s.
 *
 * @param {Curve} curve
 */
export function lengthOf(curve) {
  return Math.max(0, ...curve.curves.map(({ points }) => points.at(-1)?.[0] ?? 0));
}

/**
 * Return the curve of the string as the voltage of its average battery; where the string has none, from its batteries.
 *
 * @param {Curve} curve
 * @param {number} count of batteries
 * @returns {Point[]}
 */
export function average(curve, count) {
  const whole = curve.curves.find(({ battery }) => battery === null)?.points;
  if (whole?.length) return whole.map(([at, voltage, drawn]) => [at, voltage / count, drawn]);
  const each = curve.curves.filter(({ battery }) => battery !== null);
  if (!each.length) return [];
  return each[0].points.flatMap(([at, , drawn]) => {
    const known = each.map(({ points }) => voltageAt(points, at)).filter((one) => one !== null);
    return known.length
      ? [/** @type {Point} */ ([at, known.reduce((sum, one) => sum + one, 0) / known.length, drawn])]
      : [];
  });
}

/**
 * Return who fell below the end voltage, and when; the first first.
 *
 * @param {Curve} curve
 * @returns {{battery: string, at: number, drawn: number | null, lowest: number}[]}
 */
export function violators(curve) {
  const end = curve.limits.end_voltage;
  const found = [];
  for (const { battery, points } of curve.curves) {
    if (battery === null) continue;
    const first = points.findIndex(([, voltage]) => voltage < end);
    if (first < 0) continue;
    const lowest = points.reduce((least, [, voltage]) => Math.min(least, voltage), Infinity);
    found.push({ battery, at: crossing(points, first, end), drawn: points[first][2], lowest });
  }
  return found.sort((one, other) => one.at - other.at);
}

/**
 * @param {Point[]} points
 * @param {number} first the first point below
 * @param {number} end
 */
function crossing(points, first, end) {
  if (first === 0) return points[0][0];
  const [[from, before], [to, after]] = [points[first - 1], points[first]];
  return from + ((to - from) * (before - end)) / (before - after || 1);
}

/**
 * Return how a battery looks at a moment of a discharge.
 *
 * @param {number | null} voltage
 * @param {number | null} mean of all batteries
 * @param {number} end voltage
 * @param {number} apart V, from which on it is away from the others
 * @returns {Mark}
 */
export function markAt(voltage, mean, end, apart) {
  if (voltage === null) return "lost";
  if (voltage < end) return -3;
  if (voltage < end * (1 + NEAR)) return -2;
  return mean !== null && mean - voltage > apart ? -1 : 0;
}
