/** The dashboard that is generated from the configured strings. */
import { type Bank, byName, withLineNames } from "./data/bank.ts";
import { feedOf } from "./data/feed.ts";
import type { CardConfig, Hass } from "./data/hass.ts";
import type { BankString } from "./data/payload.ts";
import { type Say, Texts, textsOf } from "./data/texts.ts";

const TIMEOUT = 8_000; // ms; without strings, the overview is shown with the reason

/** Tabs have their names beside their icons. */
const NAMED = { show_icon_and_title: true };

interface View {
	title: string;
	path: string;
	icon: string;
	[key: string]: unknown;
}

export interface Dashboard {
	title: string;
	views: View[];
}

function card(name: string, config?: Omit<CardConfig, "type">): CardConfig {
	return { type: `custom:battery-bank-${name}`, ...config };
}

/** Return a section with a width in columns, of three. */
function section(column_span: number, name: string, string: BankString, config?: Omit<CardConfig, "type">): object {
	const cards = [{ ...card(name, { string: string.id, ...config }), grid_options: { columns: "full" } }];
	return { type: "grid", column_span, cards };
}

export function dashboard(strings: readonly BankString[], say: Say): Dashboard {
	const sections = (...list: object[]) => ({ type: "sections", max_columns: 3, sections: list });
	const panel = (config: CardConfig) => ({ type: "panel", cards: [config] });
	const overview = panel(card("summary", { fill: true, links: true }));
	const views: View[] = [
		{ title: say("overview"), path: "overview", icon: "mdi:view-dashboard", ...NAMED, ...overview },
	];
	for (const string of strings) {
		views.push({
			title: string.name,
			path: `string-${string.id}`,
			icon: "mdi:car-battery",
			...NAMED,
			...sections(
				section(3, "wall", string),
				section(2, "profile", string),
				section(1, "worst", string),
				section(2, "trend", string),
				section(1, "summary", string, { compact: true }),
			),
		});
	}
	if (strings.length) {
		const alarms = panel(card("alarms", { links: true }));
		views.push({ title: say("alarms"), path: "alarms", icon: "mdi:bell", ...NAMED, ...alarms });
		const replay = panel(card("replay", { links: true }));
		views.push({ title: say("discharges"), path: "discharges", icon: "mdi:chart-bell-curve", ...NAMED, ...replay });
		const maintenance = sections(
			...strings.flatMap((string) => [
				string.measures.resistance
					? section(2, "resistance", string, { links: true })
					: section(2, "wall", string, { quantity: "deviation" }),
				section(1, "worst", string),
				section(3, "heat", string),
			]),
		);
		views.push({ title: say("maintenance"), path: "maintenance", icon: "mdi:wrench", ...NAMED, ...maintenance });
	}
	return { title: say("title"), views };
}

const namesOf = ({ strings }: Bank): string => [...strings.values()].map(({ id, name }) => `${id} ${name}`).join();

/** The names of the strings of the shown dashboard. */
let made = "";

/** Whether the dashboard has to be built again. Home Assistant would build all cards again at every change of a device. */
export function shouldRegenerate({ connection }: Hass): boolean {
	const { bank } = feedOf(connection);
	return bank !== null && namesOf(bank) !== made;
}

export async function generate({ connection, locale }: Hass): Promise<Dashboard> {
	const texts = await textsOf(connection, locale.language).catch(() => new Texts({}));
	const bank = await feedOf(connection).known(TIMEOUT);
	made = bank ? namesOf(bank) : "";
	const strings = bank ? withLineNames(bank).strings.values() : [];
	return dashboard([...strings].sort(byName), texts.say);
}
