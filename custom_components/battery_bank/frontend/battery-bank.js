// Cards and a dashboard for Battery Bank Monitor: what Home Assistant loads.
import { ReplayCard } from "./replay-card.js";
import { ResistanceCard } from "./resistance-card.js";
import { Strategy } from "./strategy.js";
import { SummaryCard } from "./summary-card.js";
import { WallCard } from "./wall-card.js";
import { WorstCard } from "./worst-card.js";

/** @type {[string, CustomElementConstructor, string, string][]} */
const CARDS = [
	["battery-bank-wall", WallCard, "Battery bank: wall", "Every battery of a string as a tile"],
	["battery-bank-summary", SummaryCard, "Battery bank: strings", "State, figures and alarms of strings"],
	["battery-bank-replay", ReplayCard, "Battery bank: discharges", "Recorded discharges, played back"],
	["battery-bank-worst", WorstCard, "Battery bank: worst batteries", "The five batteries to look at first"],
	["battery-bank-resistance", ResistanceCard, "Battery bank: resistance", "All batteries against their baselines"],
];

const page = /** @type {any} */ (window);
page.customCards ??= [];
page.customStrategies ??= [];

for (const [type, card, name, description] of CARDS) {
	if (customElements.get(type)) continue; // the files were loaded twice
	customElements.define(type, card);
	page.customCards.push({ type, name, description, preview: true });
}
if (!customElements.get("ll-strategy-dashboard-battery-bank")) {
	customElements.define("ll-strategy-dashboard-battery-bank", Strategy);
	page.customStrategies.push({
		type: "battery-bank",
		strategyType: "dashboard",
		name: "Battery bank",
		description: "All strings, the worst first; every battery, discharges and maintenance",
	});
}
