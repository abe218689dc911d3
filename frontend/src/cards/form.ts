/** The forms of the card editor. */
import { PROFILES } from "../charts/profile.ts";
import { QUANTITIES } from "../data/quantities.ts";
import { Texts } from "../data/texts.ts";
import { Card } from "./card.ts";

export type Field = "string" | "quantity" | "profile" | "compact";

export interface Form {
	schema: { name: Field; selector: object }[];
	computeLabel(field: { name: Field }): string;
}

/** Return the form of some options. Home Assistant calls this without `hass`, so the texts of the last card are used. */
export function formOf(fields: readonly Field[]): Form {
	const { say } = Card.last?.context ?? new Texts({});
	const strings = [...(Card.last?.bank.strings.values() ?? [])].map(({ id, name }) => ({ value: id, label: name }));
	const quantities = Object.entries(QUANTITIES).map(([value, { name }]) => ({ value, label: say(name) }));
	const choice = (options: object[]) => ({ select: { mode: "dropdown", options } });
	const profiles = PROFILES.map((value) => ({ value, label: say(value) }));
	const selectors = {
		string: choice(strings),
		quantity: choice(quantities),
		profile: choice(profiles),
		compact: { boolean: {} },
	};
	return {
		schema: fields.map((name) => ({ name, selector: selectors[name] })),
		computeLabel: ({ name }) => say(name === "quantity" ? "colour_by" : name),
	};
}
