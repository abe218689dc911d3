/** The texts of the cards, which come from the translations of the integration. */
import type English from "../../../custom_components/battery_bank/translations/en.json";
import type { Connection } from "./hass.ts";
import type { Alarm, TextsAnswer } from "./payload.ts";

/** A text of the cards: a key of `selector.display.options` of the translations. */
export type TextKey = keyof (typeof English)["selector"]["display"]["options"];
export type Say = (key: TextKey, values?: Record<string, string | number>) => string;

/** Kinds of alarms whose values say how many cells' voltage is missing. */
const OF_CELLS: ReadonlySet<string> = new Set(["shorted_cell", "reversed_cell"]);

const loaded = new WeakMap<Connection, Map<string, Promise<Texts>>>();

export class Texts {
	readonly #texts: Readonly<Record<string, string>>;
	/** The language of the texts, which may not be the user's. */
	readonly language: string | undefined;

	constructor(texts: Readonly<Record<string, string>>, language?: string) {
		this.#texts = texts;
		this.language = language;
	}

	/** Return a text with its placeholders filled in; one that is missing is its key. */
	readonly say: Say = (key, values) => {
		const text = this.or(key, key);
		return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
	};

	/** Return a text by a key that is made of data, or the text to show if there is none. */
	or(key: string, otherwise: string): string {
		return this.#texts[key] ?? otherwise;
	}

	/** The unit of the values of an alarm, if it is a word; empty if not. */
	unit({ kind, unit }: Pick<Alarm, "kind" | "unit">): string {
		return this.or(`unit.${OF_CELLS.has(kind) ? "cells" : unit}`, "");
	}

	alarm(alarm: Pick<Alarm, "kind" | "name">): string {
		return this.or(`alarm.${alarm.kind}`, alarm.name);
	}
}

/** Load the texts once for each language; a request that failed is repeated by the next call. */
export function textsOf(connection: Connection, language: string): Promise<Texts> {
	const languages = loaded.get(connection) ?? new Map<string, Promise<Texts>>();
	loaded.set(connection, languages);
	const known = languages.get(language);
	if (known) return known;
	const asked = connection.sendMessagePromise<TextsAnswer>({ type: "battery_bank/texts", language });
	const texts = asked.then((answer) => new Texts(answer.texts, answer.language));
	texts.catch(() => languages.delete(language));
	languages.set(language, texts);
	return texts;
}
