// What Home Assistant asks for the dashboard that makes itself.
import { feedOf } from "./feed.js";
import { byName } from "./state.js";
import { Texts, textsOf } from "./texts.js";
import { dashboard } from "./views.js";

const PATIENCE = 8_000; // ms; the overview says what is the matter, and is there without strings

export class Strategy extends HTMLElement {
	static configRequired = false;
	static noEditor = true;

	/** @param {object} _config @param {Hass} hass */
	static async generate(_config, hass) {
		const texts = await textsOf(hass.connection, hass.locale.language).catch(() => new Texts({}));
		const state = await feedOf(hass.connection).known(PATIENCE);
		return dashboard([...(state?.strings.values() ?? [])].sort(byName), texts);
	}
}
