/** The last hours of the figures of a string as small lines. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

import { Answer } from "../data/answer.ts";
import type { Context } from "../data/context.ts";
import { type Mean, meansOf } from "../data/history.ts";
import type { TextKey } from "../data/texts.ts";

const HOURS = 6; // of a line
const AGAIN = 300_000; // ms until they are loaded again: the recorder writes every five minutes
const LEAST_POINTS = 4;
const [WIDTH, HEIGHT, EDGE] = [100, 24, 2];

/** The keys of the entities of figures, and the least range of a line, so that noise stays small. */
const ENTITIES: Partial<Record<TextKey, { key: string; least: number }>> = {
	voltage: { key: "voltage", least: 0.01 }, // of the value
	current: { key: "current", least: 1 }, // A
	charge: { key: "state_of_charge", least: 10 }, // %
	ambient: { key: "ambient_temperature", least: 4 }, // K
	temperature: { key: "highest_temperature", least: 4 }, // K
};

export class Sparks implements ReactiveController {
	readonly #answer: Answer<Map<string, Mean[]>>;
	#of = ""; // the id of the string

	constructor(host: ReactiveControllerHost) {
		this.#answer = new Answer(host);
		host.addController(this);
	}

	hostConnected(): void {
		this.#of = ""; // they may be old
	}

	/** Load the lines of a string, and load them again from time to time. */
	follow(string: string, context: Context): void {
		const ask = () => this.#load(string, context);
		if (this.#of !== string) {
			this.#of = string;
			this.#answer.forget();
			this.#answer.ask(ask);
		} else if (!this.#answer.pending) this.#answer.ask(ask, AGAIN);
	}

	async #load(string: string, context: Context): Promise<Map<string, Mean[]>> {
		const { string: entities } = await context.ask("entities", { string });
		const wanted = Object.values(ENTITIES).flatMap(({ key }) => {
			const id = entities[key];
			return id ? [[key, id] as const] : [];
		});
		const ids = wanted.map(([, id]) => id);
		const means = await meansOf(context, ids, Date.now() / 1000 - HOURS * 3600, "5minute");
		return new Map(wanted.map(([key, id]) => [key, means.get(id) ?? []]));
	}

	/** Return the line of a figure as a path; undefined without one. */
	of(figure: TextKey): string | undefined {
		const entity = ENTITIES[figure];
		const means = entity && this.#answer.value?.get(entity.key);
		return entity && means ? pathOf(means, figure === "voltage" ? 0 : entity.least, entity.least) : undefined;
	}
}

/** Return a path in a box of 100 × 24; without `range`, the least height is a share of the values. */
export function pathOf(means: readonly Mean[], range: number, share: number): string | undefined {
	const [first, last] = [means[0], means.at(-1)];
	if (!first || !last || means.length < LEAST_POINTS) return undefined;
	const values = means.map(([, value]) => value);
	const [low, high] = [Math.min(...values), Math.max(...values)];
	const height = Math.max(high - low, range || share * Math.abs(high)) || 1;
	const bottom = (low + high - height) / 2;
	const points = means.map(([at, value]) => {
		const x = ((at - first[0]) / (last[0] - first[0])) * WIDTH;
		const y = HEIGHT - EDGE - ((value - bottom) / height) * (HEIGHT - 2 * EDGE);
		return `${x.toFixed(1)} ${y.toFixed(1)}`;
	});
	return `M${points.join("L")}`;
}
