/** Return the median of the known values; null without any. */
export function medianOf(values: readonly (number | null)[]): number | null {
	const known = values.filter((value) => value !== null).sort((one, other) => one - other);
	const middle = Math.floor(known.length / 2);
	const [low, high] = [known[known.length % 2 ? middle : middle - 1], known[middle]];
	return low === undefined || high === undefined ? null : (low + high) / 2;
}
