/** The forms of the card editor. */
import { PROFILES } from "../charts/profile.ts";
import { QUANTITIES } from "../data/quantities.ts";
import { type TextKey, Texts } from "../data/texts.ts";
import { Card } from "./card.ts";

export type Field =
	| "string"
	| "quantity"
	| "profile"
	| "compact"
	| "title"
	| "columns"
	| "decimals"
	| "batteries"
	| "rack"
	| "legend"
	| "tap_action";

export interface Form {
	schema: { name: Field; selector: object; default?: boolean }[];
	computeLabel(field: { name: Field }): string;
	computeHelper(field: { name: Field }): string | undefined;
}

/** The texts of fields whose names are no texts, or those of something else. */
const NAMES: Partial<Record<Field, TextKey>> = {
	quantity: "colour_by",
	title: "card_title",
	columns: "columns",
	batteries: "which_batteries",
	rack: "as_in_rack",
	legend: "with_legend",
	tap_action: "on_tap",
};
const HELP: Partial<Record<Field, TextKey>> = { batteries: "which_batteries_help", tap_action: "on_tap_help" };

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
		title: { text: {} },
		columns: { number: { min: 1, max: 60, mode: "box" } },
		decimals: { number: { min: 0, max: 3, mode: "box" } },
		batteries: { text: {} },
		rack: { boolean: {} },
		legend: { boolean: {} },
		tap_action: { ui_action: { actions: ["more-info", "navigate", "url", "none"], default_action: "none" } },
	};
	return {
		schema: fields.map((name) => ({ name, selector: selectors[name], ...(name === "legend" && { default: true }) })),
		computeLabel: ({ name }) => say(NAMES[name] ?? (name as TextKey)),
		computeHelper: ({ name }) => (name in HELP ? say(HELP[name] ?? "title") : undefined),
	};
}
