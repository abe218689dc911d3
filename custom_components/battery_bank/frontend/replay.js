// What a recorded discharge says at a moment of it, and who failed.

const NEAR = 0.03; // of the end voltage, within which a battery is close to its end

// Null before the curve begins and after it ends.
/** @param {Point[]} points in order @param {number} at s since the beginning @returns {number | null} */
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

/** In s. @param {Curve} curve */
export function lengthOf(curve) {
	return Math.max(0, ...curve.curves.map(({ points }) => points.at(-1)?.[0] ?? 0));
}

// The curve of the average battery: of the whole string, or where it has none, of those that are known.
/** @param {Curve} curve @param {number} count of batteries @returns {Point[]} */
export function average(curve, count) {
	const whole = curve.curves.find(({ battery }) => battery === null)?.points;
	if (whole?.length) return whole.map(([at, voltage, drawn]) => [at, voltage / count, drawn]);
	const each = curve.curves.filter(({ battery }) => battery !== null);
	/** @type {Point[]} */
	const mean = [];
	for (const [at, , drawn] of each[0]?.points ?? []) {
		const known = each.map(({ points }) => voltageAt(points, at)).filter((one) => one !== null);
		if (known.length) mean.push([at, known.reduce((sum, one) => sum + one, 0) / known.length, drawn]);
	}
	return mean;
}

/** Return who fell below the end voltage, the first first. @param {Curve} curve */
export function violators({ curves, limits }) {
	const end = limits.end_voltage;
	const found = [];
	for (const { battery, points } of curves) {
		const first = points.findIndex(([, voltage]) => voltage < end);
		if (battery === null || first < 0) continue;
		const lowest = points.reduce((least, [, voltage]) => Math.min(least, voltage), Infinity);
		const [to, after, drawn] = points[first];
		const [from, before] = points[first - 1] ?? [to, end];
		const at = from + ((to - from) * (before - end)) / (before - after || 1);
		found.push({ battery, at, drawn, lowest });
	}
	return found.sort((one, other) => one.at - other.at);
}

// How a battery looks; from `apart` V below the mean on it is away from the others.
/** @param {number | null} voltage @param {number | null} mean @param {number} end @param {number} apart @returns {Mark} */
export function markAt(voltage, mean, end, apart) {
	if (voltage === null) return "lost";
	if (voltage < end) return -3;
	if (voltage < end * (1 + NEAR)) return -2;
	return mean !== null && mean - voltage > apart ? -1 : 0;
}
