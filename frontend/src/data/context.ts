/** What a part of a card needs besides its data: texts, formats, requests and actions. */
import { Format } from "./format.ts";
import type { Hass } from "./hass.ts";
import type { Commands } from "./payload.ts";
import type { Say, Texts } from "./texts.ts";

export class Context {
	readonly texts: Texts;
	readonly say: Say;
	readonly format: Format;
	readonly #hass: () => Hass;

	/** `hass` returns the current object: Home Assistant makes a new one at each change of a state. */
	constructor(hass: () => Hass, texts: Texts) {
		this.#hass = hass;
		this.texts = texts;
		this.say = texts.say;
		this.format = new Format(hass(), texts.language);
	}

	/** Return a format in which all numbers have so many decimals. */
	formatWith(decimals: number): Format {
		return new Format(this.#hass(), this.texts.language, decimals);
	}

	/** The language of the user, as a tag. */
	get language(): string {
		return this.#hass().locale.language;
	}

	/** Whether the user is an administrator. */
	get admin(): boolean {
		return this.#hass().user?.is_admin ?? false;
	}

	/** Send one of our commands. Rejects with Home Assistant's error. */
	ask<Key extends keyof Commands>(command: Key, data: Commands[Key]["asks"]): Promise<Commands[Key]["answers"]> {
		return this.#hass().connection.sendMessagePromise({ type: `battery_bank/${command}`, ...data });
	}

	/** Send a command of Home Assistant's own. Rejects with its error. */
	request<Result>(message: object): Promise<Result> {
		return this.#hass().connection.sendMessagePromise(message);
	}

	/** Call an action and return its result as a text. */
	async act(action: string, data: object): Promise<string> {
		const [domain = "", service = ""] = action.split(".");
		try {
			await this.#hass().callService(domain, service, data);
			return this.say("requested");
		} catch (error) {
			return this.failure(error);
		}
	}

	/** Return a signed path that the browser can open for an hour. */
	async signed(path: string): Promise<string> {
		const message = { type: "auth/sign_path", path, expires: 3600 };
		const answer = await this.#hass().connection.sendMessagePromise<{ path: string }>(message);
		return answer.path;
	}

	failure(error: unknown): string {
		const message = (error as { message?: unknown } | null)?.message;
		return this.say("failed", { reason: String(message ?? error) });
	}
}

/** Fire an event that leaves all shadow trees, as Home Assistant listens for them. */
export function fire(from: EventTarget, type: string, detail: object): void {
	from.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
}

export function toast(from: EventTarget, message: string): void {
	fire(from, "hass-notification", { message });
}

/** Fire an event for the element around alone. */
export function emit(from: EventTarget, type: string, detail: object = {}): void {
	from.dispatchEvent(new CustomEvent(type, { detail }));
}

/** Open another page of the same dashboard. */
export function visit(path: string): void {
	history.pushState(null, "", `/${location.pathname.split("/")[1] ?? ""}/${path}`);
	fire(window, "location-changed", { replace: false });
}

/** The event with which a tile or a row opens the dialog of a battery. */
export const OPEN = "battery-bank-open";

export interface OpenBattery {
	string: string;
	index: number;
}

export function openBattery(from: EventTarget, string: string, index: number): void {
	fire(from, OPEN, { string, index } satisfies OpenBattery);
}
