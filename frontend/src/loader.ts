/**
 * Every page of Home Assistant loads this module. It registers the cards and the dashboard, and loads their code when the
 * first one is on the page. A page without them loads nothing else.
 */
import type * as Cards from "./cards.ts";
import type { CardConfig, Hass } from "./data/hass.ts";

type Bundle = typeof Cards;

interface Registry {
	customCards?: object[];
	customStrategies?: object[];
}

const CARDS: readonly { name: Cards.CardName; title: string; description: string; rows: number }[] = [
	{ name: "wall", title: "wall", description: "Every battery of a string as a tile", rows: 8 },
	{ name: "summary", title: "strings", description: "State, figures and alarms of strings", rows: 8 },
	{ name: "replay", title: "discharges", description: "Recorded discharges, played back", rows: 12 },
	{ name: "worst", title: "worst batteries", description: "The five batteries to look at first", rows: 5 },
	{
		name: "profile",
		title: "profile",
		description: "One quantity of all batteries as bars around the median",
		rows: 7,
	},
	{ name: "trend", title: "trend", description: "Voltage, current or temperature of a string over time", rows: 7 },
	{ name: "alarms", title: "alarms", description: "Alarms of all strings, with those that are cleared", rows: 8 },
	{
		name: "heat",
		title: "heat map",
		description: "All batteries over the months, by resistance or deviation",
		rows: 8,
	},
	{ name: "resistance", title: "resistance", description: "All batteries against their baselines", rows: 6 },
];
const ADD_DASHBOARD = "battery-bank-add";
const STRATEGY = "ll-strategy-dashboard-battery-bank";

/** The cards that the picker suggests for an entity of a string or of a battery. */
const OF_ENTITY = new Set<Cards.CardName>(["wall", "profile", "trend"]);

let loaded: Bundle | undefined;
let loading: Promise<Bundle> | undefined;

function load(): Promise<Bundle> {
	loading ??= import("./cards.ts").then((bundle) => (loaded = bundle));
	loading.catch(() => (loading = undefined));
	return loading;
}

/** The element of a card type. It contains the card as soon as the code of the cards is loaded. */
abstract class Shell extends HTMLElement {
	protected abstract readonly cardName: Cards.CardName;
	protected abstract readonly rows: number;
	#config: CardConfig | undefined;
	#hass: Hass | undefined;
	#card: ReturnType<Bundle["create"]> | undefined;

	setConfig(config: CardConfig): void {
		this.#config = { ...config };
		if (this.#card) this.#card.config = this.#config;
		else if (loaded) this.#show(loaded);
		else load().then(this.#show, this.#explain);
	}

	set hass(hass: Hass) {
		this.#hass = hass;
		if (this.#card) this.#card.hass = hass;
	}

	/** In rows of about 50 px, for the older views. */
	getCardSize(): number {
		return this.rows;
	}

	getGridOptions(): object {
		return { columns: 12, min_columns: 6 };
	}

	readonly #show = ({ create }: Bundle): void => {
		if (this.#card || !this.#config) return;
		this.#card = create(this.cardName);
		this.#card.config = this.#config;
		if (this.#hass) this.#card.hass = this.#hass;
		this.style.display = "block";
		this.replaceChildren(this.#card);
	};

	/** After an update of the integration, an open page requests files that no longer exist. */
	readonly #explain = async (): Promise<void> => {
		const language = this.#hass?.locale.language;
		const message = { type: "battery_bank/texts", language };
		const answer = await this.#hass?.connection.sendMessagePromise<{ texts: Record<string, string> }>(message);
		this.textContent = answer?.texts.reload ?? "";
	};
}

/** The page that adds the dashboard and goes to it. Home Assistant sets `hass` again at each change of a state. */
class AddDashboard extends HTMLElement {
	#begun = false;

	set hass(hass: Hass) {
		if (this.#begun) return;
		this.#begun = true;
		load()
			.then(({ addDashboard }) => addDashboard(hass))
			.then(
				(path) => location.replace(path),
				(error: unknown) => (this.textContent = (error as { message?: string }).message ?? String(error)),
			);
	}
}

/** Return the card for the string of an entity; null for other entities. */
function suggest(type: string, { entities, devices }: Hass, id: string): object | null {
	const { platform, device_id: device } = entities?.[id] ?? {};
	const string = platform === "battery_bank" && device ? devices?.[device]?.config_subentry_id : null;
	return string ? { config: { type: `custom:${type}`, string } } : null;
}

function register(): void {
	const page = window as Registry;
	const cards = (page.customCards ??= []);
	for (const { name, title, description, rows } of CARDS) {
		const type = `battery-bank-${name}`;
		const Element = class extends Shell {
			protected override readonly cardName = name;
			protected override readonly rows = rows;
			static async getConfigForm(): Promise<object> {
				return (await load()).form(name);
			}
		};
		customElements.define(type, Element);
		cards.push({
			...{ type, name: `Battery bank: ${title}`, description, preview: true },
			...(OF_ENTITY.has(name) && { getEntitySuggestion: (hass: Hass, id: string) => suggest(type, hass, id) }),
		});
	}
	// Home Assistant finds the class among the elements, and calls only its static functions.
	const Strategy = class extends HTMLElement {
		static readonly configRequired = false;
		static readonly noEditor = true;
		static shouldRegenerate(_: object, hass: Hass): boolean {
			return loaded?.shouldRegenerate(hass) ?? false;
		}
		static async generate(_: object, hass: Hass): Promise<object> {
			return (await load()).generate(hass);
		}
	};
	customElements.define(STRATEGY, Strategy);
	customElements.define(ADD_DASHBOARD, AddDashboard);
	(page.customStrategies ??= []).push({
		type: "battery-bank",
		strategyType: "dashboard",
		name: "Battery bank",
		description: "All strings, the worst first; every battery, discharges and maintenance",
	});
}

// Home Assistant replaces the registry of the page while it starts: an element that was registered before would be lost.
const APP = "home-assistant";
if (document.querySelector(APP)) await customElements.whenDefined(APP);
if (!customElements.get(STRATEGY)) register(); // it may be loaded twice
