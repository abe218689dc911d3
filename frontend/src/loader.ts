/**
 * Every page of Home Assistant loads this module. It registers the cards and the dashboard, and loads their code when the
 * first one is on the page. A page without them loads nothing else.
 */
import type * as Cards from "./cards.ts";
import type { CardConfig, Entity, Hass } from "./data/hass.ts";
import type { TextsAnswer } from "./data/payload.ts";

type Bundle = typeof Cards;

interface Registry {
	customCards?: object[];
	customStrategies?: object[];
}

/** What an entity belongs to, by which the card picker proposes cards. */
type Owner = "line" | "string" | "battery";

interface Listed {
	name: Cards.CardName;
	/** In English; the user's language follows when it is known. */
	title: string;
	description: string;
	rows: number;
	suits: readonly Owner[];
}

const CARDS: readonly Listed[] = [
	{
		name: "wall",
		title: "wall",
		description: "Every battery of a string as a tile",
		rows: 8,
		suits: ["string", "battery"],
	},
	{
		name: "summary",
		title: "strings",
		description: "State, figures and alarms of strings",
		rows: 8,
		suits: ["string", "line"],
	},
	{ name: "replay", title: "discharges", description: "Recorded discharges, played back", rows: 12, suits: [] },
	{ name: "worst", title: "worst batteries", description: "The five batteries to look at first", rows: 5, suits: [] },
	{
		name: "profile",
		title: "profile",
		description: "One quantity of all batteries as bars around the median",
		rows: 7,
		suits: ["battery"],
	},
	{
		name: "trend",
		title: "trend",
		description: "Voltage, current or temperature of a string over time",
		rows: 7,
		suits: ["string"],
	},
	{
		name: "alarms",
		title: "alarms",
		description: "Alarms of all strings, with those that are cleared",
		rows: 8,
		suits: ["line"],
	},
	{
		name: "heat",
		title: "heat map",
		description: "All batteries over the months, by resistance or deviation",
		rows: 8,
		suits: [],
	},
	{ name: "resistance", title: "resistance", description: "All batteries against their baselines", rows: 6, suits: [] },
];
const STRATEGY = "ll-strategy-dashboard-battery-bank";

const APP = "home-assistant";
const EVERY = 500; // ms, until the page knows its user

/** Names and descriptions for the card picker in the language of the user, by `wall` and `wall_about`. */
let words: Readonly<Record<string, string>> = {};
let spoken = "en"; // the language of the names, or that in which they are requested

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

/** Return the configuration of a card for an entity of a line, a string or a battery; null if it does not suit. */
function suggestion(
	{ entities = {}, devices = {} }: Hass,
	entity: string,
	name: string,
	suits: readonly Owner[],
): { config: CardConfig } | null {
	const known = entities[entity];
	const device = devices[known?.device_id ?? ""];
	if (known?.platform !== "battery_bank" || !device) return null;
	const string = device.config_subentry_id ?? undefined;
	const own = device.identifiers.some(([, id]) => id === string);
	if (!suits.includes(!string ? "line" : own ? "string" : "battery")) return null;
	// A bank of parallel strings is none of them.
	const ofBank = (one: Entity) => one.device_id === device.id && one.translation_key === "bank_current";
	if (own && Object.values(entities).some(ofBank)) return null;
	return { config: { type: `custom:battery-bank-${name}`, ...(string && { string }) } };
}

/** Load the names of the cards in the language of the page, for a user who may edit dashboards. */
function learn(): void {
	const hass = (document.querySelector(APP) as { hass?: Hass } | null)?.hass;
	if (!hass?.user) {
		setTimeout(learn, EVERY);
		return;
	}
	const { connection, locale, user } = hass;
	const { language } = locale;
	if (!user.is_admin || language === spoken) return;
	spoken = language;
	connection
		.sendMessagePromise<TextsAnswer>({ type: "battery_bank/texts", language, of: "picker" })
		.then(({ texts }) => {
			if (language === spoken) words = texts;
		})
		.catch(() => undefined); // the names stay as they are
}

function register(): void {
	const page = window as Registry;
	const cards = (page.customCards ??= []);
	for (const { name, title, description, rows, suits } of CARDS) {
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
			type,
			preview: true,
			// Home Assistant reads them when the picker is opened.
			get name() {
				return words[name] ?? `Battery bank: ${title}`;
			},
			get description() {
				return words[`${name}_about`] ?? description;
			},
			getEntitySuggestion: (hass: Hass, entity: string) => suggestion(hass, entity, name, suits),
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
	(page.customStrategies ??= []).push({
		type: "battery-bank",
		strategyType: "dashboard",
		get name() {
			return words.dashboard ?? "Battery bank";
		},
		get description() {
			return words.dashboard_about ?? "All strings, the worst first; every battery, discharges and maintenance";
		},
	});
}

// Home Assistant replaces the registry of the page while it starts: an element that was registered before would be lost.
if (document.querySelector(APP)) await customElements.whenDefined(APP);
// It may be loaded twice.
if (!customElements.get(STRATEGY)) {
	register();
	if (document.querySelector(APP)) {
		learn();
		// The page begins in the language of the browser. That of the user's profile follows, and may be changed there.
		new MutationObserver(learn).observe(document.documentElement, { attributeFilter: ["lang"] });
	}
}
