/** The forms of the card editor. */
import { PROFILES } from "../charts/profile.ts";
import type { CardConfig } from "../data/hass.ts";
import { QUANTITIES } from "../data/quantities.ts";
import { type TextKey, Texts } from "../data/texts.ts";
import { Card } from "./card.ts";

export type Field = Exclude<keyof CardConfig, "type" | "fill" | "links">;

export interface Form {
	schema: { name: Field; selector: object }[];
	computeLabel(field: { name: Field }): string;
	computeHelper(field: { name: Field }): string | undefined;
}

const LABELS: Readonly<Record<Field, TextKey>> = {
	string: "string",
	quantity: "colour_by",
	profile: "quantity",
	compact: "compact",
	title: "card_title",
	batteries: "chosen_batteries",
	columns: "columns",
	decimals: "decimals",
	tap_action: "tap_action",
	hide_legend: "hide_legend",
	rack: "as_in_rack",
};

/** Return the form of some options. Home Assistant calls this without `hass`, so the texts of the last card are used. */
export function formOf(fields: readonly Field[]): Form {
	const { say } = Card.last?.context ?? new Texts({});
	const strings = [...(Card.last?.bank.strings.values() ?? [])].map(({ id, name }) => ({ value: id, label: name }));
	const quantities = Object.entries(QUANTITIES).map(([value, { name }]) => ({ value, label: say(name) }));
	const choice = (options: object[]) => ({ select: { mode: "dropdown", options } });
	const profiles = PROFILES.map((value) => ({ value, label: say(value) }));
	const selectors: Record<Field, object> = {
		string: choice(strings),
		quantity: choice(quantities),
		profile: choice(profiles),
		compact: { boolean: {} },
		title: { text: {} },
		batteries: { text: {} },
		columns: { number: { min: 1, max: 60, mode: "box" } },
		decimals: { number: { min: 0, max: 4, mode: "box" } },
		tap_action: {
			ui_action: {
				actions: ["more-info", "navigate", "url", "perform-action", "none"],
				default_action: "more-info",
			},
		},
		hide_legend: { boolean: {} },
		rack: { boolean: {} },
	};
	return {
		schema: fields.map((name) => ({ name, selector: selectors[name] })),
		computeLabel: ({ name }) => say(LABELS[name]),
		computeHelper: ({ name }) => (name === "batteries" ? say("chosen_batteries_help") : undefined),
	};
}
