/** The dialog of one battery: its values, history and actions. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import type { Chart } from "../charts/chart.ts";
import { outlook, trendChart } from "../charts/trend.ts";
import { concerns, urgentFirst } from "../data/bank.ts";
import { Answer } from "../data/answer.ts";
import { type Context, emit, fire } from "../data/context.ts";
import type { Alarm, BankString, Battery, BatteryDetail } from "../data/payload.ts";
import { RequestedTest, testsWait } from "../data/requested-test.ts";
import { standingOf } from "../data/status.ts";
import type { TextKey } from "../data/texts.ts";
import { batteryFacts, batteryFigures, histories } from "./battery-facts.ts";
import type { NewBattery } from "./replacement.ts";
import { base } from "./style.ts";
import { alarmItem, badge, figures } from "./templates.ts";

const ENDING = 5_000; // ms after its answer, until which a request is said
const TEST = "battery_bank.start_resistance_test";

/** Another battery of the string is wanted. */
export interface DialogStep {
	index: number;
}

export class DialogElement extends LitElement {
	static override styles = [
		base,
		css`
			dialog {
				width: min(720px, calc(100vw - 24px));
				max-height: calc(100dvh - 24px);
				padding: 0;
				border: 0;
				border-radius: 16px;
				background: var(--ground);
				color: var(--text);
				overscroll-behavior: contain;
				box-shadow: 0 12px 48px #0006;
				--numeral: 32px;
				&::backdrop {
					background: #0000008c;
				}
			}
			h2 span {
				display: block;
			}
			.steps {
				display: flex;
				button {
					font-size: 26px;
					line-height: 1;
					min-width: 40px;
					padding: 0 8px;
				}
				:disabled {
					opacity: 0.3;
					cursor: default;
				}
			}
			header {
				position: sticky;
				top: 0;
				z-index: 3;
				flex-wrap: nowrap;
				gap: 8px;
				margin: 0;
				padding: 14px 8px 14px 22px;
				background: var(--ground);
				h2 {
					min-width: 0;
				}
				@media (max-width: 480px) {
					flex-wrap: wrap;
					h2 {
						flex: 1 0 45%;
					}
					.badge {
						order: 1;
					}
				}
			}
			.inside {
				display: flex;
				flex-direction: column;
				gap: 18px;
				padding: 4px 22px 22px;
			}
			battery-bank-acknowledge {
				margin-top: 10px;
			}
			.facts {
				display: grid;
				grid-template-columns: auto minmax(0, 1fr);
				gap: 4px 16px;
				margin: 0;
				font-size: 14px;
				dt {
					color: var(--faint);
				}
				dd {
					white-space: normal;
					overflow-wrap: anywhere;
				}
			}
			.actions :disabled {
				opacity: 0.5;
				cursor: default;
			}
			.notice {
				margin: 0;
			}
			:host([old]) .inside > :not(.notice) {
				filter: grayscale(1);
				opacity: 0.5;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	/** The string of the battery; undefined closes the dialog. */
	@property({ attribute: false }) string: BankString | undefined;
	@property({ type: Number }) index = 0;
	/** Why the values may be missing or old; empty if they are current. */
	@property({ attribute: false }) notice = "";
	@state() private status = "";
	@query("dialog") private readonly dialog!: HTMLDialogElement;
	readonly #answer = new Answer<BatteryDetail>(this);
	#shown = ""; // the id of the battery
	#made: { detail: BatteryDetail; chart: Chart } | undefined;
	#wasTesting = false;
	#wasWaiting = false;
	#ending: ReturnType<typeof setTimeout> | undefined; // of the words about a request that was granted
	#requested: RequestedTest | undefined; // of this battery

	get #battery(): Battery | undefined {
		return this.string?.batteries[this.index];
	}

	protected override willUpdate(changed: PropertyValues<this>): void {
		const id = this.#battery?.id ?? "";
		const testing = this.string?.cells.testing[this.index] ?? false;
		const waits = testsWait(this.string);
		if (this.#wasWaiting && !waits) this.#ended();
		this.#wasWaiting = waits;
		if (id !== this.#shown) {
			clearTimeout(this.#ending);
			this.status = "";
			this.#requested = undefined;
			this.#answer.forget();
			if (id) this.#load();
		} else if (this.#wasTesting && !testing) this.#ended();
		this.#shown = id;
		this.#wasTesting = testing;
		if (this.string) this.#requested?.follow(this.string, this.index);
		if (changed.has("context")) this.#made = undefined;
		this.toggleAttribute("old", this.notice !== "");
	}

	#load(): void {
		const data = { string: this.string?.id ?? "", battery: this.#battery?.id ?? "" };
		this.#answer.ask(() => this.context.ask("battery", data));
	}

	/** The result of a test may be new. */
	#ended(): void {
		if (this.#battery?.id === this.#shown) this.#load();
	}

	get #detail(): BatteryDetail | undefined {
		return this.#answer.value;
	}

	protected override render() {
		const { string, index, notice, context } = this;
		const battery = this.#battery;
		if (!string || !battery) return html`<dialog></dialog>`;
		const { say } = context;
		const title = say("battery", { number: battery.number });
		const { error } = this.#answer;
		const status =
			(this.#requested?.text(string, index, this.#detail, context, Date.now(), this.#answer.pending) ?? this.status) ||
			(error ? context.failure(error) : "");
		return html`
			<dialog aria-label="${title}, ${string.name}" @close=${() => emit(this, "dialog-close")} @click=${this.#clicked}>
				<header>
					<h2>
						${title}
						<span class="small faint">${string.name}</span>
					</h2>
					${badge(standingOf(string, index), say)}
					<span class="steps"> ${this.#step(-1, "previous", "‹")} ${this.#step(1, "next", "›")} </span>
					<button class="bare" autofocus aria-label=${say("close")} @click=${() => this.dialog.close()}>✕</button>
				</header>
				<div class="inside">
					${notice ? html`<p class="notice">${notice}</p>` : nothing}
					${figures(batteryFigures(string, index, context), say)} ${this.#actions(string, battery)}
					<p class="small" role="status" ?hidden=${!status}>${status}</p>
					${this.#alarms(string, battery)} ${this.#against(string)} ${this.#trend(string)}
					${this.#detail ? batteryFacts(this.#detail, string, index, context) : nothing} ${this.#replacement(battery)}
					${histories(this.#detail?.entities ?? {}, context, (entity) => this.#history(entity))}
				</div>
			</dialog>
		`;
	}

	protected override updated(): void {
		if (!this.#shown || this.dialog.open) return;
		this.dialog.showModal();
		this.dialog.scrollTop = 0;
	}

	/** A button to the battery before or after this one. */
	#step(by: number, key: TextKey, sign: string): TemplateResult {
		const index = this.index + by;
		const there = this.string?.batteries[index] !== undefined;
		return html`<button
			class="bare"
			?disabled=${!there}
			aria-label=${this.context.say(key)}
			@click=${() => emit(this, "dialog-step", { index } satisfies DialogStep)}
		>
			${sign}
		</button>`;
	}

	readonly #clicked = (event: Event): void => {
		if (event.target === this.dialog) this.dialog.close(); // a click beside the content
	};

	#own(string: BankString, battery: Battery): Alarm[] {
		return urgentFirst(string.alarms.filter((alarm) => concerns(alarm, battery.number)));
	}

	#alarms(string: BankString, battery: Battery): TemplateResult | typeof nothing {
		const own = this.#own(string, battery);
		if (!own.length) return nothing;
		const of = { ...string, may: this.#detail?.may ?? string.may };
		return html`<div>
			<ul class="items">
				${own.map((alarm) => alarmItem(alarm, this.context, { named: false, noteOf: string }))}
			</ul>
			<battery-bank-acknowledge .context=${this.context} .alarms=${own.map((alarm) => ({ ...alarm, of }))}>
			</battery-bank-acknowledge>
		</div>`;
	}

	#actions(string: BankString, battery: Battery): TemplateResult | typeof nothing {
		const may = this.#detail?.may ?? string.may;
		const blink = may.includes("blink") ? this.#detail?.entities.blink : undefined;
		// A test in a discharge has no result that counts, and its battery is left out of the comparison after it.
		const calm = string.values.discharge_start === null;
		const testable = may.includes("start_resistance_test") && string.measures.resistance;
		const device = battery.device_id === null ? undefined : { device_id: [battery.device_id] };
		const offers: { key: "test" | "blink"; action: string; data: object | undefined }[] = [
			{ key: "test", action: TEST, data: testable ? device : undefined },
			{ key: "blink", action: "button.press", data: blink === undefined ? undefined : { entity_id: blink } },
		];
		const offered = offers.filter(({ data }) => data);
		if (!offered.length) return nothing;
		return html`<div>
			<div class="actions">
				${offered.map(
					({ key, action, data = {} }) => html`
						<button ?disabled=${key === "test" && !calm} @click=${() => this.#act(action, data)}>
							${this.context.say(key)}
						</button>
					`,
				)}
			</div>
			${!calm && testable && device ? html`<p class="small">${this.context.say("test_not_now")}</p>` : nothing}
		</div>`;
	}

	#replacement(battery: Battery): TemplateResult | typeof nothing {
		if (!this.context.admin || battery.device_id === null) return nothing;
		const replace = async ({ detail }: CustomEvent<NewBattery>) => {
			await this.#act("battery_bank.battery_replaced", { device_id: battery.device_id, ...detail });
			this.#load();
		};
		return html`<battery-bank-replacement
			.context=${this.context}
			.battery=${battery.id}
			.asset=${this.#detail?.asset}
			@battery-replace=${replace}
		></battery-bank-replacement>`;
	}

	/** Call an action, and say that until it has answered; why it failed stays. */
	async #act(action: string, data: object): Promise<void> {
		clearTimeout(this.#ending);
		const [shown, before, requested] = [this.#shown, this.#detail?.tests.at(-1)?.[0], this.context.say("requested")];
		this.#requested = undefined;
		this.status = requested;
		const result = await this.context.act(action, data);
		if (shown !== this.#shown) return; // another battery is shown by now
		this.status = result;
		if (result !== requested) return;
		if (action === TEST) this.#requested = new RequestedTest(Date.now(), before);
		else this.#ending = setTimeout(() => (this.status = ""), ENDING);
		this.requestUpdate(); // the same words may be about another request
	}

	#trend(string: BankString): TemplateResult | typeof nothing {
		const { context } = this;
		const detail = this.#detail;
		if (!detail || !string.measures.resistance) return nothing;
		const { say, format } = context;
		if (this.#made?.detail !== detail) {
			this.#made = { detail, chart: trendChart(detail, string, format, say, Date.now() / 1000) };
		}
		return html`<div>
			<h3>${say("trend")}</h3>
			${
				detail.tests.length
					? html`<battery-bank-chart .context=${context} .chart=${this.#made.chart}></battery-bank-chart>`
					: nothing
			}
			<p class="small">${outlook(detail, format, say).join(" · ")}</p>
		</div>`;
	}

	/** The voltage of the battery over time, against the median of its string. */
	#against(string: BankString): TemplateResult | typeof nothing {
		const { context } = this;
		const { voltage, deviation } = this.#detail?.entities ?? {};
		if (!voltage || !deviation) return nothing;
		return html`<battery-bank-against
			.context=${context}
			.voltage=${voltage}
			.deviation=${deviation}
			.string=${string}
			.number=${this.#battery?.number ?? 0}
		></battery-bank-against>`;
	}

	#history(entityId: string): void {
		this.dialog.close(); // it would lie above what Home Assistant opens
		fire(this, "hass-more-info", { entityId });
	}
}
