/** Every battery of a string as a tile, coloured by the chosen quantity. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { type Context, openBattery } from "../data/context.ts";
import type { BankString } from "../data/payload.ts";
import {
	legend,
	QUANTITIES,
	quantitiesOf,
	type QuantityKey,
	quantityName,
	scaleOf,
	type Tile,
	Tiles,
} from "../data/quantities.ts";
import { type Format, partsOf } from "../data/format.ts";
import { type Tier, tiersOf } from "../data/rack.ts";
import { choice } from "../parts/style.ts";
import { choices } from "../parts/templates.ts";
import { marks } from "../parts/theme.ts";
import { tileStyle, type TilePick } from "../parts/wall.ts";
import { Card, type Shown } from "./card.ts";

const LEAST = 42; // px, of a tile in a rack: twenty fit on a panel of 1024 px
const MOST_DECIMALS = 6;

export class WallCard extends Card {
	static override styles = [
		Card.styles,
		marks,
		tileStyle,
		choice,
		css`
			.rack {
				display: grid;
				gap: 6px;
				overflow-x: auto;
				padding: 3px;
				h3 {
					margin-top: 8px;
				}
			}
			.tier {
				display: grid;
				grid-template-columns: auto 1fr;
				align-items: center;
				gap: 10px;
				min-width: calc(var(--least) + 64px);
				span {
					min-width: 54px;
					position: sticky;
					left: 0;
					z-index: 2;
					background: var(--ground);
				}
				battery-bank-tiles:only-child {
					grid-column: 1 / -1;
				}
			}
			.legend {
				display: flex;
				flex-wrap: wrap;
				gap: 8px 18px;
				margin-top: 14px;
				font-size: 14px;
				color: var(--faint);
				li {
					display: flex;
					align-items: center;
					gap: 8px;
				}
				.measured {
					color: var(--text);
					font-weight: 500;
				}
				.tile {
					width: 28px;
					min-height: 24px;
					height: 24px;
					border-radius: 5px;
					cursor: default;
				}
				.tile .sign {
					position: static;
					font-size: 12px;
				}
			}
		`,
	];

	@state() private chosen: QuantityKey | undefined;
	@state() private wide = false; // whether the rack is wider than the card
	@state() private racked: boolean | undefined; // whether the batteries are arranged as in the rack
	readonly #tiles = new Tiles();
	#worstPlace = 0; // of the battery with the highest level, as a share of the width of the rack
	#format: { context: Context; decimals: number; format: Format } | undefined;

	#quantity(string: BankString): QuantityKey {
		const wanted = this.chosen ?? this.config.quantity;
		return quantitiesOf(string).find((key) => key === wanted) ?? "alarm";
	}

	protected override heading({ bank }: Shown): string {
		return this.stringOf(bank)?.name ?? "";
	}

	protected override tools({ bank, context: { say } }: Shown): TemplateResult | typeof nothing {
		const string = this.stringOf(bank);
		if (!string) return nothing;
		const current = this.#quantity(string);
		const colours = choices(
			say("colour_by"),
			quantitiesOf(string),
			current,
			(key) => say(quantityName(key, string)),
			(key) => (this.chosen = key),
		);
		if (!string.rack || this.config.batteries) return colours;
		const arrangements = choices(
			say("arrangement"),
			[false, true],
			this.#racked,
			(rack) => say(rack ? "rack" : "in_order"),
			(rack) => (this.racked = rack),
		);
		return html`${colours} ${arrangements}`;
	}

	get #racked(): boolean {
		return this.racked ?? this.config.rack ?? false;
	}

	protected override body(shown: Shown): TemplateResult {
		const { bank, context } = shown;
		const string = this.stringOf(bank);
		if (!string) return this.empty(shown);
		const { say, texts } = context;
		const key = this.#quantity(string);
		const tiles = this.#tiles.of(key, string, this.#formatOf(context), texts);
		const chosen = string.batteries.flatMap((battery, index) => (this.isChosen(battery) ? [index] : []));
		const open = ({ detail }: CustomEvent<TilePick>) => openBattery(this, string.id, chosen[detail.index] ?? 0);
		return html`
			<battery-bank-banner
				discharges
				.context=${context}
				.strings=${[string]}
				.lines=${bank.lines}
			></battery-bank-banner>
			${
				string.rack && this.#racked && !this.config.batteries
					? this.#rack(string, tiersOf(string.batteries.length, string.rack), tiles, shown)
					: html`<battery-bank-tiles
							.label=${say("batteries")}
							.tiles=${tiles.filter((_, index) => chosen.includes(index))}
							.fixed=${this.config.columns}
							?plain=${key === "alarm"}
							@tile-pick=${open}
						></battery-bank-tiles>`
			}
			${this.config.hide_legend ? nothing : this.#legend(key, string, shown)}
		`;
	}

	/** The format of the tiles, which keep their elements while it is the same object. */
	#formatOf(context: Context): Format {
		const { decimals } = this.config;
		if (!Number.isInteger(decimals) || decimals === undefined || decimals < 0 || decimals > MOST_DECIMALS) {
			return context.format;
		}
		if (this.#format?.context !== context || this.#format.decimals !== decimals) {
			this.#format = { context, decimals, format: context.formatWith(decimals) };
		}
		return this.#format.format;
	}

	/** The batteries row by row and tier by tier, as they stand. */
	#rack(string: BankString, tiers: Tier[], tiles: readonly Tile[], { context: { say } }: Shown): TemplateResult {
		const { per_tier: places = 1, tiers: high = 1 } = string.rack ?? {};
		const level = (battery: number) => ["ok", "warning", "alarm"].indexOf(string.cells.level[battery] ?? "ok");
		const worst = Math.max(...string.batteries.map((_, index) => level(index)));
		const tier = tiers.find(({ batteries }) => batteries.some((battery) => level(battery) === worst));
		const first = tier?.batteries.findIndex((battery) => level(battery) === worst) ?? 0;
		this.#worstPlace = worst > 0 ? (first + (tier?.start ?? 1) - 0.5) / places : 0;
		return html`<p class="small faint" ?hidden=${!this.wide}>${say("rack_scrolls")}</p>
			<div class="rack" tabindex="0" role="group" aria-label=${say("rack")} style="--least: ${places * LEAST}px">
				${tiers.map(({ row, tier, batteries, start }, index) => {
					const [name, level] = [say("row", { number: row }), say("tier", { number: tier })];
					const open = ({ detail }: CustomEvent<TilePick>) =>
						openBattery(this, string.id, batteries[detail.index] ?? 0);
					return html`
						${row === tiers[index - 1]?.row ? nothing : html`<h3>${name}</h3>`}
						<div class="tier">
							${high > 1 ? html`<span class="small faint">${level}</span>` : nothing}
							<battery-bank-tiles
								.label="${name}, ${level}"
								.tiles=${batteries.map((battery) => tiles[battery])}
								.places=${places}
								.start=${start}
								?plain=${this.#quantity(string) === "alarm"}
								@tile-pick=${open}
							></battery-bank-tiles>
						</div>
					`;
				})}
			</div>`;
	}

	/** Say that the rack scrolls if it does; and begin at the first battery with an alarm, which is not to be out of sight. */
	protected override updated(): void {
		const rack = this.renderRoot.querySelector(".rack");
		const wide = rack !== null && rack.scrollWidth > rack.clientWidth + 1;
		if (wide === this.wide) return;
		this.wide = wide;
		const place = wide ? this.#worstPlace : 0;
		if (rack && place > 0) rack.scrollLeft = place * rack.scrollWidth - rack.clientWidth / 2;
	}

	#legend(key: QuantityKey, string: BankString, { context: { say, format } }: Shown): TemplateResult {
		const [, unit = ""] = partsOf(QUANTITIES[key].long(0, format, string));
		const scale = scaleOf(key, string, format);
		// The scale shows what is normal.
		const entries = legend(key, string, format, say).filter(({ mark }) => !scale || mark !== 0);
		const measured = say(key === "alarm" ? "voltage" : quantityName(key, string));
		return html`<ul class="legend" ?data-plain=${key === "alarm"}>
			<li class="measured">${say("bracketed", { name: measured, more: unit })}</li>
			${
				scale
					? html`<li title=${scale[1]}>${scale[0]} <i class="scale" aria-hidden="true"></i> ${scale[2]}</li>`
					: nothing
			}
			${entries.map(
				({ mark, text }) => html`
					<li>
						<span class="tile" data-mark=${mark} aria-hidden="true"><i class="sign"></i></span>${text}
					</li>
				`,
			)}
		</ul>`;
	}
}
