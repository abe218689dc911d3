/** The batteries that the configuration of a card chooses. */
import type { BankString } from "./payload.ts";

/** Return the indexes of the batteries of a list of numbers and ranges, such as "1-20, 22", in the order of the string. */
export function chosenOf(list: string | number, { batteries }: BankString): number[] {
	const ranges = [...String(list).matchAll(/(\d+)(?:\s*[-–]\s*(\d+))?/g)].map(
		([, from, to = from]): [number, number] => [Number(from), Number(to)],
	);
	return batteries.flatMap(({ number }, index) =>
		ranges.some(([from, to]) => number >= from && number <= to) ? [index] : [],
	);
}
