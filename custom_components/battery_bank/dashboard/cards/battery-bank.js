import {ReplayCard} from "./replay-card.js"
import {ResistanceCard} from "./resistance-card.js"
import {SummaryCard} from "./summary-card.js"
import {Strategy} from "./views.js"
import {WallCard} from "./wall-card.js"
import {WorstCard} from "./worst-card.js"

const page = /** @type {any} */ (window)
page.customCards ??= []
page.customStrategies ??= []

/** @type {[string, any, string, string][]} */
const CARDS = [
	["wall", WallCard, "wall", "Every battery of a string as a tile"],
	["summary", SummaryCard, "strings", "State, figures and alarms of strings"],
	["replay", ReplayCard, "discharges", "Recorded discharges, played back"],
	["worst", WorstCard, "worst batteries", "The five batteries to look at first"],
	["resistance", ResistanceCard, "resistance", "All batteries against their baselines"],
]
for (const [key, card, name, description] of CARDS) {
	const type = `battery-bank-${key}`
	if (customElements.get(type)) continue // the files were loaded twice
	customElements.define(type, card)
	page.customCards.push({type, name: `Battery bank: ${name}`, description, preview: true})
}
const TAG = "ll-strategy-dashboard-battery-bank"
if (!customElements.get(TAG)) {
	customElements.define(TAG, /** @type {any} */ (Strategy))
	const description = "All strings, the worst first; every battery, discharges and maintenance"
	page.customStrategies.push({type: "battery-bank", strategyType: "dashboard", name: "Battery bank", description})
}
