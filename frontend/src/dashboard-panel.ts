/**
 * The page behind the link at the end of the set-up and behind notifications: it opens the dashboard of the bank. If there
 * is none, it creates one for an administrator, and opens the first page of Home Assistant for other users. A dashboard that
 * exists stays as it is.
 */
import type { Hass } from "./data/hass.ts";
import type { TextsAnswer } from "./data/payload.ts";

const TYPE = "custom:battery-bank";
const PATH = "battery-bank";
const ICON = "mdi:car-battery";

interface Listed {
	url_path: string;
	mode: string;
}

interface Config {
	strategy?: { type?: string };
}

/** Return the path of the first dashboard that is made of the strings. */
async function existing({ connection }: Hass, listed: readonly Listed[]): Promise<string | undefined> {
	for (const { url_path } of listed) {
		// A dashboard without a configuration of its own has none to send.
		const config = await connection.sendMessagePromise<Config>({ type: "lovelace/config", url_path }).catch(() => null);
		if (config?.strategy?.type === TYPE) return url_path;
	}
	return undefined;
}

async function create({ connection, locale, panels }: Hass): Promise<string> {
	// Asked for here, so that no file is shared with the cards and loaded with them.
	const message = { type: "battery_bank/texts", language: locale.language };
	const { texts } = await connection.sendMessagePromise<TextsAnswer>(message);
	let path = PATH;
	for (let number = 2; panels && path in panels; number++) path = `${PATH}-${number}`;
	await connection.sendMessagePromise({
		type: "lovelace/dashboards/create",
		url_path: path,
		title: texts.title,
		icon: ICON,
	});
	await connection.sendMessagePromise({
		type: "lovelace/config/save",
		url_path: path,
		config: { strategy: { type: TYPE } },
	});
	return path;
}

class DashboardPanel extends HTMLElement {
	#begun = false;

	set hass(hass: Hass) {
		if (this.#begun) return;
		this.#begun = true;
		this.#open(hass).catch((error: unknown) => {
			this.style.padding = "16px";
			this.textContent = error instanceof Error ? error.message : String((error as { message?: unknown }).message);
		});
	}

	async #open(hass: Hass): Promise<void> {
		const listed = await hass.connection.sendMessagePromise<Listed[]>({ type: "lovelace/dashboards/list" });
		const path = (await existing(hass, listed)) ?? (hass.user?.is_admin ? await create(hass) : "");
		// In place of this page, and with the new dashboard among the panels.
		location.replace(`/${path}`);
	}
}

if (!customElements.get("battery-bank-dashboard-panel")) {
	customElements.define("battery-bank-dashboard-panel", DashboardPanel);
}
