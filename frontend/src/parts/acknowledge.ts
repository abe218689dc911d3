/** The button that acknowledges alarms, and the question behind it: which of the alarms, and a note to these. */
import { css, html, LitElement, nothing } from "lit";
import { property, query, state } from "lit/decorators.js";

import { urgentFirst, valueOf } from "../data/bank.ts";
import { type Context, toast } from "../data/context.ts";
import type { Of } from "../data/past-alarms.ts";
import type { Alarm, BankString } from "../data/payload.ts";
import { LONGEST_NOTE } from "./alarm-note.ts";
import { base, fields } from "./style.ts";
import { alarmPlace, sign } from "./templates.ts";

const SETTLING = 500; // ms in which a second tap of the finger that has opened the question does not answer it

export class AcknowledgeElement extends LitElement {
	static override styles = [
		base,
		fields,
		css`
			:host {
				display: block;
			}
			dialog {
				width: min(560px, calc(100vw - 24px));
				max-height: calc(100dvh - 24px);
				padding: 18px 20px;
				border: 0;
				border-radius: 16px;
				background: var(--ground);
				color: var(--text);
				box-shadow: 0 12px 48px #0006;
				&::backdrop {
					background: #0000008c;
				}
				&[open] {
					display: flex;
				}
			}
			form {
				flex: 1;
				display: flex;
				flex-direction: column;
				gap: 14px;
				min-width: 0;
				min-height: 0;
			}
			h2,
			.note,
			.actions {
				flex: none;
			}
			.items {
				gap: 6px;
				min-height: 72px;
				overflow: auto;
				overscroll-behavior: contain;
			}
			li {
				flex: none;
			}
			li label {
				display: flex;
				align-items: center;
				gap: 10px;
				min-height: 44px;
				cursor: pointer;
			}
			[type="checkbox"] {
				flex: none;
				width: 24px;
				height: 24px;
				min-height: 0;
				margin: 0;
				accent-color: var(--text);
				cursor: inherit;
			}
			.item {
				flex: 1;
				min-width: 0;
			}
			.note {
				display: grid;
				gap: 4px;
				font-size: 14px;
				color: var(--faint);
			}
			.main:disabled {
				opacity: 0.5;
				cursor: default;
			}
			.actions button {
				flex: 1;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	/** The alarms, each with its string; those that are acknowledged, or that the user may not acknowledge, are left out. */
	@property({ attribute: false }) alarms: readonly Of<Alarm>[] = [];
	/** What the question is about, as it was when it was opened; an alarm that is raised later is not acknowledged. */
	@state() private asked: readonly Of<Alarm>[] = [];
	/** Those of the question that are not ticked. */
	@state() private spared: ReadonlySet<Of<Alarm>> = new Set();
	@query("dialog") private readonly dialog!: HTMLDialogElement;
	#opened = 0;

	protected override render() {
		const { context, asked } = this;
		const { say } = context;
		const open = this.alarms.filter((alarm) => alarm.acknowledged_by === null && alarm.of.may.includes("acknowledge"));
		const count = this.#ticked.length;
		const title = say(count > 1 ? "acknowledge_these" : count ? "acknowledge_one" : "acknowledge_none", { count });
		return html`
			${open.length ? html`<button @click=${() => this.#ask(open)}>${say("acknowledge")}</button>` : nothing}
			<dialog aria-label=${title} @click=${this.#clicked} @close=${() => (this.asked = [])}>
				${asked.length ? this.#question(title, asked) : nothing}
			</dialog>
		`;
	}

	#question(title: string, asked: readonly Of<Alarm>[]) {
		const { say } = this.context;
		return html`<form @submit=${this.#send}>
			<h2>${title}</h2>
			<ul class="items" tabindex="0">
				${asked.map((alarm) => html`<li>${asked.length > 1 ? this.#choice(alarm) : this.#item(alarm)}</li>`)}
			</ul>
			<label class="note">${say("note")} <input name="note" maxlength=${LONGEST_NOTE} autocomplete="off" /></label>
			<div class="actions">
				<button class="main" autofocus ?disabled=${!this.#ticked.length}>${say("acknowledge")}</button>
				<button type="button" @click=${() => this.dialog.close()}>${say("cancel")}</button>
			</div>
		</form>`;
	}

	/** An alarm that can be left out. */
	#choice(alarm: Of<Alarm>) {
		const { spared } = this;
		const tick = () => {
			const others = [...spared].filter((one) => one !== alarm);
			this.spared = new Set(spared.has(alarm) ? others : [...others, alarm]);
		};
		return html`<label @click=${this.#hurried}>
			<input type="checkbox" .checked=${!spared.has(alarm)} @change=${tick} />
			${this.#item(alarm)}
		</label>`;
	}

	#item(alarm: Of<Alarm>) {
		const { say, format, texts } = this.context;
		const value = valueOf(alarm);
		return html`<div class="item" data-level=${alarm.level}>
			${sign(alarm.level, say(alarm.level))}
			<strong>
				${alarmPlace(alarm, this.context, alarm.of.name)} · ${texts.alarm(alarm)}
				${alarm.drill ? html`<span class="chip">${say("drill")}</span>` : nothing}
			</strong>
			<span class="much">${value === null ? "" : format.measured(value, alarm.unit, texts.unit(alarm))}</span>
			${
				alarm.gone_since === null
					? nothing
					: html`<p class="rest">${say("cause_gone", { time: format.clock(alarm.gone_since) })}</p>`
			}
		</div>`;
	}

	get #ticked(): Of<Alarm>[] {
		return this.asked.filter((alarm) => !this.spared.has(alarm));
	}

	async #ask(open: readonly Of<Alarm>[]): Promise<void> {
		this.asked = urgentFirst(open);
		this.spared = new Set();
		await this.updateComplete;
		this.dialog.showModal();
		this.#opened = performance.now();
	}

	get #settled(): boolean {
		return performance.now() - this.#opened > SETTLING;
	}

	readonly #hurried = (event: Event): void => {
		if (!this.#settled) event.preventDefault();
	};

	readonly #clicked = (event: Event): void => {
		event.stopPropagation(); // what is around may open a battery at a click
		if (event.target === this.dialog && this.#settled) this.dialog.close();
	};

	readonly #send = async (event: SubmitEvent): Promise<void> => {
		event.preventDefault();
		if (!this.#settled) return;
		const note = new FormData(event.target as HTMLFormElement).get("note") as string;
		const ticked = this.#ticked;
		this.dialog.close();
		toast(this, await acknowledged(ticked, note, this.context));
	};
}

/** Acknowledge alarms as they were shown, and return the result as a text. */
async function acknowledged(ticked: readonly Of<Alarm>[], note: string, context: Context): Promise<string> {
	const strings = new Map<BankString["id"], Record<string, Alarm["level"]>>();
	for (const { id, level, of } of ticked) strings.set(of.id, { ...strings.get(of.id), [id]: level });
	try {
		const send = ([string, alarms]: [string, Record<string, Alarm["level"]>]) =>
			context.ask("acknowledge", { string, alarms, note });
		const answers = await Promise.all([...strings].map(send));
		const count = answers.reduce((sum, answer) => sum + answer.acknowledged, 0);
		const key = count < ticked.length ? "acknowledged_some" : "count_acknowledged";
		return context.say(key, { count, total: ticked.length });
	} catch (error) {
		return context.failure(error);
	}
}
