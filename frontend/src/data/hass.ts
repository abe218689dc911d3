/** As much of Home Assistant's `hass` object as the cards use. */
import type { Message } from "./payload.ts";

export interface Connection {
	readonly connected: boolean;
	subscribeMessage(
		callback: (message: Message) => void,
		message: object,
		options?: { resubscribe?: boolean },
	): Promise<() => Promise<void> | void>;
	sendMessagePromise<T>(message: object): Promise<T>;
	addEventListener(event: "ready" | "disconnected", listener: () => void): void;
	removeEventListener(event: "ready" | "disconnected", listener: () => void): void;
}

export interface Entity {
	platform?: string;
	device_id?: string | null;
	translation_key?: string;
}

export interface Device {
	id: string;
	config_subentry_id?: string | null;
	identifiers: [string, string][];
}

export interface Locale {
	language: string;
	number_format?: string;
	time_format?: string;
	time_zone?: string;
}

export interface Hass {
	connection: Connection;
	callService(domain: string, service: string, data: object): Promise<unknown>;
	locale: Locale;
	config: { time_zone?: string; unit_system?: { temperature?: string } };
	themes?: { darkMode?: boolean };
	user?: { is_admin?: boolean };
	/** By the paths of their pages. */
	panels?: Record<string, unknown>;
	entities?: Record<string, Entity>;
	devices?: Record<string, Device>;
}

/** The configuration of a card: its options are those that its editor offers, and those that only the dashboard uses. */
export interface CardConfig {
	type: string;
	/** The id or the name of a string. */
	string?: string;
	/** The quantity by which the wall is coloured. */
	quantity?: string;
	/** The quantity of the profile. */
	profile?: string;
	/** The batteries as they stand in their rack. */
	rack?: boolean;
	/** Without the batteries. */
	compact?: boolean;
	/** As high as the page. */
	fill?: boolean;
	/** Names of strings open their pages. */
	links?: boolean;
	/** In place of the card's own title. */
	title?: string;
	/** The numbers of the batteries that are shown, such as "1-10, 12"; all without it. */
	batteries?: string;
	/** How many tiles are in a row. */
	columns?: number;
	/** How many decimals the tiles show. */
	decimals?: number;
	/** What a tap on a battery does; without it, it opens the battery's dialog. */
	tap_action?: { action: string };
	hide_legend?: boolean;
}
