/** Where the batteries of a string stand in their rack. */
import type { Rack } from "./payload.ts";
import type { Say } from "./texts.ts";

/** Numbers from 1: the row, the tier from the bottom, and the place in the tier from the left. */
export interface Place {
	row: number;
	tier: number;
	place: number;
}

/** The batteries of a tier by their indexes, from left to right. */
export interface Tier {
	row: number;
	tier: number;
	batteries: number[];
	/** The column in which its first battery stands, from 1. */
	start: number;
}

export function placeOf(index: number, { per_tier: perTier, tiers, order }: Rack): Place {
	const all = Math.floor(index / perTier);
	const counted = all % tiers; // in the order of the numbers
	const along = index % perTier;
	const turned = order.endsWith("turning") && counted % 2 === 1;
	return {
		row: Math.floor(all / tiers) + 1,
		tier: order.startsWith("from_top") ? tiers - counted : counted + 1,
		place: turned ? perTier - along : along + 1,
	};
}

/** The tiers of a rack in the order in which one sees them: row by row, the highest tier first. */
export function tiersOf(count: number, rack: Rack): Tier[] {
	const tiers = new Map<string, Tier>();
	for (let index = 0; index < count; index++) {
		const { row, tier, place } = placeOf(index, rack);
		const key = `${row} ${tier}`;
		const known = tiers.get(key) ?? { row, tier, batteries: [], start: place };
		if (place < known.start) known.batteries.unshift(index);
		else known.batteries.push(index);
		known.start = Math.min(known.start, place);
		tiers.set(key, known);
	}
	return [...tiers.values()].sort((one, other) => one.row - other.row || other.tier - one.tier);
}

/** The place of a battery in words. */
export function placeText(index: number, rack: Rack, say: Say): string {
	const { row, tier, place } = placeOf(index, rack);
	return say("place_of", { row: say("row", { number: row }), tier: say("tier", { number: tier }), place });
}
