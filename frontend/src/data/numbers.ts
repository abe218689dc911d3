/** Numbers of batteries as a person writes them: "1-10, 12". */

const PART = /^(\d+)(?:\s*[-–]\s*(\d+))?$/;

/** Whether a number is in a list. A list that can't be read, or none, has all numbers. */
export function isAmong(number: number, list: unknown): boolean {
	const parts = typeof list === "string" || typeof list === "number" ? String(list).trim() : "";
	if (!parts) return true;
	const ranges = parts.split(/\s*,\s*/).map((part) => PART.exec(part));
	return (
		ranges.includes(null) ||
		ranges.some((range) => range && Number(range[1]) <= number && number <= Number(range[2] ?? range[1]))
	);
}
