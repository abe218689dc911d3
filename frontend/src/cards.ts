/** The code of the cards. The loader loads it when the first card is on the page. */
import { ChartElement } from "./charts/chart-element.ts";
import { AlarmsCard } from "./cards/alarms-card.ts";
import type { Card } from "./cards/card.ts";
import { type Field, type Form, formOf } from "./cards/form.ts";
import { HeatCard } from "./cards/heat-card.ts";
import { ProfileCard } from "./cards/profile-card.ts";
import { ReplayCard } from "./cards/replay-card.ts";
import { ResistanceCard } from "./cards/resistance-card.ts";
import { SummaryCard } from "./cards/summary-card.ts";
import { TrendCard } from "./cards/trend-card.ts";
import { WallCard } from "./cards/wall-card.ts";
import { WorstCard } from "./cards/worst-card.ts";
import { AcknowledgeElement } from "./parts/acknowledge.ts";
import { AgainstElement } from "./parts/against.ts";
import { AlarmListElement } from "./parts/alarm-list.ts";
import { AlarmNoteElement } from "./parts/alarm-note.ts";
import { BannerElement } from "./parts/banner.ts";
import { DialogElement } from "./parts/dialog.ts";
import { FiguresElement } from "./parts/figures.ts";
import { HeatElement } from "./parts/heat.ts";
import { LiveElement } from "./parts/live.ts";
import { OverviewElement } from "./parts/overview.ts";
import { PanelElement } from "./parts/panel.ts";
import { ProfileElement } from "./parts/profile.ts";
import { ReplacementElement } from "./parts/replacement.ts";
import { WallElement } from "./parts/wall.ts";

export { generate, shouldRegenerate } from "./views.ts";

const PARTS: Readonly<Record<string, CustomElementConstructor>> = {
	"battery-bank-acknowledge": AcknowledgeElement,
	"battery-bank-against": AgainstElement,
	"battery-bank-alarm-list": AlarmListElement,
	"battery-bank-alarm-note": AlarmNoteElement,
	"battery-bank-banner": BannerElement,
	"battery-bank-bars": ProfileElement,
	"battery-bank-chart": ChartElement,
	"battery-bank-dialog": DialogElement,
	"battery-bank-figures": FiguresElement,
	"battery-bank-heat-map": HeatElement,
	"battery-bank-live": LiveElement,
	"battery-bank-overview": OverviewElement,
	"battery-bank-panel": PanelElement,
	"battery-bank-replacement": ReplacementElement,
	"battery-bank-tiles": WallElement,
};
const CARDS = {
	wall: {
		element: WallCard,
		fields: ["string", "quantity", "title", "batteries", "columns", "decimals", "rack", "tap_action", "hide_legend"],
	},
	summary: { element: SummaryCard, fields: ["string", "compact"] },
	replay: { element: ReplayCard, fields: ["string", "title"] },
	worst: { element: WorstCard, fields: ["string", "title", "batteries", "tap_action"] },
	profile: { element: ProfileCard, fields: ["string", "profile", "title", "tap_action"] },
	trend: { element: TrendCard, fields: ["string", "title", "hide_legend"] },
	alarms: { element: AlarmsCard, fields: ["string", "title"] },
	heat: { element: HeatCard, fields: ["string", "title", "tap_action"] },
	resistance: { element: ResistanceCard, fields: ["string", "title", "tap_action"] },
} as const satisfies Record<string, { element: new () => Card; fields: readonly Field[] }>;

export type CardName = keyof typeof CARDS;

for (const [tag, element] of Object.entries(PARTS)) customElements.define(tag, element);
for (const [name, { element }] of Object.entries(CARDS)) customElements.define(`battery-bank-${name}-card`, element);

export function create(name: CardName): Card {
	return new CARDS[name].element();
}

export function form(name: CardName): Form {
	return formOf(CARDS[name].fields);
}
