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
	entities?: Record<string, { platform?: string; device_id?: string | null } | undefined>;
	devices?: Record<string, { config_subentry_id?: string | null } | undefined>;
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
	/** In place of the heading of the card. */
	title?: string;
	/** The number of tiles in a row of the wall. */
	columns?: number;
	/** The number of digits after the point of voltages of batteries. */
	decimals?: number;
	/** The numbers of the batteries on the wall, such as "1-20, 22". */
	batteries?: string | number;
	/** Whether there is a legend. */
	legend?: boolean;
	/** What a click on a battery does, if not its dialog. */
	tap_action?: { action: string; navigation_path?: string; url_path?: string };
	/** As high as the page. */
	fill?: boolean;
	/** Names of strings open their pages. */
	links?: boolean;
}
