/** The batteries to look at first, and the report for the file. */
import { html, type TemplateResult } from "lit";

import { type Context, openBattery, toast } from "../data/context.ts";
import type { BankString } from "../data/payload.ts";
import { valueText } from "../data/quantities.ts";
import { type Ranked, worst } from "../data/worst.ts";
import { why } from "../parts/reasons.ts";
import { sign, well } from "../parts/templates.ts";
import { Card, type Shown } from "./card.ts";

const COUNT = 5;

export class WorstCard extends Card {
	protected override heading({ context }: Shown): string {
		return context.say("worst_batteries");
	}

	protected override tools(shown: Shown) {
		return this.stringName(shown);
	}

	protected override body(shown: Shown): TemplateResult {
		const { bank, context } = shown;
		const string = this.stringOf(bank);
		if (!string) return this.empty(shown);
		const { say } = context;
		const rows = worst(string, COUNT, (battery) => this.isChosen(battery));
		return html`
			<ul class="items">
				${rows.map((row) => this.#row(string, row, context))}
				${rows.length ? "" : well(say("worst_none"), "well empty")}
			</ul>
			<div class="actions">
				<button @click=${() => this.#report(string, "html", context)}>${say("report")}</button>
				<button @click=${() => this.#report(string, "csv", context)}>${say("report_csv")}</button>
			</div>
		`;
	}

	#row(string: BankString, { index, reasons }: Ranked, context: Context): TemplateResult {
		const { say, format } = context;
		const { contact, level: levels } = string.cells;
		const level = contact[index] === "answering" ? (levels[index] ?? "ok") : "warning";
		return html`<li>
			<button class="item" data-level=${level} @click=${() => openBattery(this, string.id, index)}>
				${sign(level === "ok" ? "note" : level, say(level))}
				<strong>${say("battery", { number: string.batteries[index]?.number ?? "?" })}</strong>
				<span class="much">${valueText("alarm", string, index, format)}</span>
				<span class="rest">${reasons.map((reason) => why(reason, string, context)).join(" · ")}</span>
			</button>
		</li>`;
	}

	/** The browser needs a signed path to fetch a page. The report opens in a new tab, to be printed; the table is saved. */
	async #report(string: BankString, kind: "html" | "csv", context: Context): Promise<void> {
		try {
			const link = document.createElement("a");
			const query = kind === "html" ? `?language=${encodeURIComponent(context.language)}` : "";
			link.href = await context.signed(`/api/battery_bank/report/${string.id}.${kind}${query}`);
			link.target = "_blank";
			if (kind === "csv") link.download = "";
			link.click();
		} catch (error) {
			toast(this, context.failure(error));
		}
	}
}
