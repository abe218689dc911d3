/** The dashboard that is added by one click, at the end of the set-up. */
import type { Hass } from "./data/hass.ts";
import { Texts, textsOf } from "./data/texts.ts";

const URL_PATH = "battery-bank";

/** Add the dashboard, unless there is one at its address, and return that address. */
export async function addDashboard({ connection, locale }: Hass): Promise<string> {
	const ask = <Result>(type: string, data: object = {}) =>
		connection.sendMessagePromise<Result>({ type: `lovelace/${type}`, ...data });
	const { say } = await textsOf(connection, locale.language).catch(() => new Texts({}));
	const there = await ask<{ url_path: string }[]>("dashboards/list");
	if (!there.some(({ url_path }) => url_path === URL_PATH)) {
		const shown = { title: say("title"), icon: "mdi:car-battery", show_in_sidebar: true, require_admin: false };
		await ask("dashboards/create", { url_path: URL_PATH, mode: "storage", ...shown });
		await ask("config/save", { url_path: URL_PATH, config: { strategy: { type: "custom:battery-bank" } } });
	}
	return `/${URL_PATH}`;
}
