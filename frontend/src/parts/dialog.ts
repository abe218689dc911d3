/** The dialog of one battery: its values, history and actions. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";

import type { Chart } from "../charts/chart.ts";
import { outlook, trendChart } from "../charts/trend.ts";
import { concerns, urgentFirst } from "../data/bank.ts";
import { Answer } from "../data/answer.ts";
import { type Context, emit, fire } from "../data/context.ts";
import type { Alarm, BankString, Battery, BatteryDetail, Replacement } from "../data/payload.ts";
import { aboveRoom, stepResistance, valueText } from "../data/quantities.ts";
import { placeText } from "../data/rack.ts";
import { standingOf } from "../data/status.ts";
import type { TextKey } from "../data/texts.ts";
import { base, fields } from "./style.ts";
import { alarmItem, badge, type Figure, figures } from "./templates.ts";

const LONGEST = 100; // characters of a serial number, a maker or a type
const LONGEST_NOTE = 1000; // of the note of a replacement
const LAST_TESTS = 3;
const ALL = 100; // %
const SOON = 30_000; // ms after a request, until which the progress of its test is known
const TEST = "battery_bank.start_resistance_test";
const HISTORIES = ["voltage", "deviation", "resistance", "resistance_ratio", "step_resistance", "temperature", "risk"];

/** Another battery of the string is wanted. */
export interface DialogStep {
	index: number;
}

export class DialogElement extends LitElement {
	static override styles = [
		base,
		fields,
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
			.form {
				display: grid;
				gap: 10px;
				padding: 14px;
				border: 1px solid var(--rule);
				border-radius: 8px;
				label {
					display: grid;
					gap: 4px;
					font-size: 14px;
					color: var(--faint);
				}
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
	@state() private replacing = false; // whether the form of a replacement is open
	@query("dialog") private readonly dialog!: HTMLDialogElement;
	readonly #answer = new Answer<BatteryDetail>(this);
	#shown = ""; // the id of the battery
	#made: { detail: BatteryDetail; chart: Chart } | undefined;
	#wasTesting = false;
	#wasWaiting = false;
	#requested: { at: number; before: number | undefined; ran: boolean } | undefined; // the test of this battery

	get #battery(): Battery | undefined {
		return this.string?.batteries[this.index];
	}

	protected override willUpdate(changed: PropertyValues<this>): void {
		const id = this.#battery?.id ?? "";
		const testing = this.string?.cells.testing[this.index] ?? false;
		const progress = this.string?.values.resistance_test_progress ?? null;
		const waits = progress !== null && progress < ALL; // a test of the string runs or waits
		if (this.#wasWaiting && !waits) this.#ended();
		this.#wasWaiting = waits;
		if (id !== this.#shown) {
			this.status = "";
			this.#requested = undefined;
			this.replacing = false;
			this.#answer.forget();
			if (id) this.#load();
		} else if (this.#wasTesting && !testing) this.#ended();
		this.#shown = id;
		this.#wasTesting = testing;
		if (this.#requested) this.#requested.ran ||= testing || waits;
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

	/** What became of the requested test; undefined without one, empty when it is over without a result. */
	#ofTest(string: BankString): string | undefined {
		if (!this.#requested) return undefined;
		const { say, format } = this.context;
		const { at, before } = this.#requested;
		if (string.cells.testing[this.index]) return say("testing");
		const last = this.#detail?.tests.at(-1)?.[0];
		if (last !== undefined && last > (before ?? 0)) return say("tested", { time: format.moment(last) });
		const over = !this.#wasWaiting && (this.#requested.ran || Date.now() - at > SOON);
		return over || string.values.discharge_start !== null ? "" : undefined;
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
		const status = (this.#ofTest(string) ?? this.status) || (error ? context.failure(error) : "");
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
					${notice ? html`<p class="notice">${notice}</p>` : nothing} ${figures(this.#figures(string), say)}
					${this.#actions(string, battery)}
					<p class="small" role="status" ?hidden=${!status}>${status}</p>
					${this.#alarms(string, battery)} ${this.#against(string)} ${this.#trend(string)}
					${this.#facts(string, battery)} ${this.#replacement(battery)} ${this.#histories()}
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

	#figures(string: BankString): Figure[] {
		const { index } = this;
		const { say, format } = this.context;
		const { cells, measures } = string;
		const [ratio, rise] = [cells.ratio[index] ?? null, cells.rise[index] ?? null];
		const offline = cells.contact[index] !== "answering";
		const missing = offline ? say("why_no_answer") : say("not_yet"); // the reason of a value that is unknown
		const reason = (key: "deviation" | "temperature") => (cells[key][index] === null ? missing : "");
		const note = offline ? missing : cells.testing[index] ? say("testing") : "";
		const list: Figure[] = [
			{ key: "voltage", value: valueText("alarm", string, index, format), note },
			{ key: "deviation", value: valueText("deviation", string, index, format), note: reason("deviation") },
		];
		if (measures.resistance) {
			const value = cells.resistance[index] ?? null;
			const against = ratio === null ? say("no_baseline") : say("why_ratio", { value: format.percent(ratio) });
			const untested = offline ? missing : say("no_test");
			list.push({
				key: "resistance",
				value: format.milliohms(value, string),
				note: value === null ? untested : against,
			});
		}
		if (measures.temperature) {
			const warmer = aboveRoom(string) && rise !== null ? `${format.rise(rise)} · ${say("rise")}` : "";
			const text = reason("temperature") || warmer;
			list.push({ key: "temperature", value: format.temperature(cells.temperature[index]), note: text });
		}
		return list;
	}

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

	/** What is to be known of the new battery. */
	#replacement(battery: Battery): TemplateResult | typeof nothing {
		const { say, admin } = this.context;
		if (!admin || battery.device_id === null) return nothing;
		const toggle = () => (this.replacing = !this.replacing);
		if (!this.replacing) {
			return html`<div class="actions"><button @click=${toggle}>${say("replace")}</button></div>`;
		}
		const { maker = null, type = null } = this.#detail?.asset ?? {};
		const send = async (event: Event) => {
			event.preventDefault();
			const known = filled(event);
			this.replacing = false;
			await this.#act("battery_bank.battery_replaced", { device_id: battery.device_id, ...known });
			this.#load();
		};
		return html`<form class="form" @submit=${send}>
			<p class="small">${say("replace_help")}</p>
			<label>${say("serial")}<input name="serial" maxlength=${LONGEST} autocomplete="off" /></label>
			<label>${say("maker")}<input name="maker" maxlength=${LONGEST} .value=${maker ?? ""} /></label>
			<label>${say("type")}<input name="battery_type" maxlength=${LONGEST} .value=${type ?? ""} /></label>
			<label>${say("note")}<input name="note" maxlength=${LONGEST_NOTE} autocomplete="off" /></label>
			<div class="actions">
				<button class="main">${say("replace_now")}</button>
				<button type="button" @click=${toggle}>${say("cancel")}</button>
			</div>
		</form>`;
	}

	async #act(action: string, data: object): Promise<void> {
		const before = this.#detail?.tests.at(-1)?.[0];
		this.status = await this.context.act(action, data);
		const done = this.status === this.context.say("requested");
		this.#requested = done && action === TEST ? { at: Date.now(), before, ran: this.#wasWaiting } : undefined;
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

	/** What is known of the battery, its module and its past. */
	#facts(string: BankString, { address }: Battery): TemplateResult | typeof nothing {
		const detail = this.#detail;
		if (!detail) return nothing;
		const { say, texts, format } = this.context;
		const { asset, baseline, tests, replacements } = detail;
		const text = (parts: (string | null)[]) => parts.filter((part) => part).join(" · ");
		const day = (iso: string | null) => (iso === null ? "" : format.date(Date.parse(`${iso}T12:00Z`) / 1000));
		const mohm = (value: number) => format.milliohms(value, string);
		const kind = baseline && texts.or(`baseline_kind.${baseline.kind}`, baseline.kind);
		const facts: [TextKey | "step_resistance", string][] = [
			[
				"type",
				text([
					asset.maker,
					asset.type,
					format.value(string.nominal_voltage, 0, "V"),
					format.value(string.capacity, 0, "Ah"),
				]),
			],
			["place", string.rack ? placeText(this.index, string.rack, say) : ""],
			["serial", asset.serial ?? ""],
			["installed", day(asset.installed)],
			[
				"module",
				text([asset.module, `${say("address")} ${address}`, asset.firmware && `${say("firmware")} ${asset.firmware}`]),
			],
			["step_resistance", stepResistance(detail, format, say)],
			["baseline", baseline ? say("bracketed", { name: mohm(baseline.value_mohm), more: kind ?? "" }) : ""],
			[
				"last_tests",
				text(
					tests
						.slice(-LAST_TESTS)
						.reverse()
						.map(([at, value]) => `${format.date(at)} ${mohm(value)}`),
				),
			],
			...replacements.map((one): [TextKey, string] => ["replaced", this.#replaced(one)]),
		];
		return html`<dl class="facts">
			${facts
				.filter(([, value]) => value)
				.map(
					([key, value]) =>
						html`<dt>${texts.or(key, texts.or(`name.${key}`, key))}</dt>
							<dd>${value}</dd>`,
				)}
		</dl>`;
	}

	#replaced({ at, by, serial, maker, battery_type: type, note }: Replacement): string {
		return [this.context.format.date(at), by, maker, type, serial, note].filter((part) => part).join(" · ");
	}

	#histories(): TemplateResult | typeof nothing {
		const { say, texts } = this.context;
		const { entities = {} } = this.#detail ?? {};
		const keys = HISTORIES.filter((key) => entities[key]);
		if (!keys.length) return nothing;
		return html`<div class="actions">
			${keys.map((key) => {
				const name = texts.or(key === "resistance_ratio" ? "ratio" : key, texts.or(`name.${key}`, key));
				const text = say("named", { name: say("history"), value: name });
				return html`<button @click=${() => this.#history(entities[key])}>${text}</button>`;
			})}
		</div>`;
	}

	#history(entityId: string | undefined): void {
		this.dialog.close(); // it would lie above what Home Assistant opens
		fire(this, "hass-more-info", { entityId });
	}
}

/** The fields of a form that are not empty. */
function filled(event: Event): Record<string, FormDataEntryValue> {
	const form = new FormData(event.target as HTMLFormElement);
	return Object.fromEntries([...form].filter(([, value]) => value !== ""));
}
