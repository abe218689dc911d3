/** The button that acknowledges alarms, and the question behind it: which alarms these are, and a note. */
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
			label,
			.actions {
				flex: none;
			}
			.items {
				gap: 6px;
				min-height: 72px;
				overflow: auto;
				overscroll-behavior: contain;
			}
			.item {
				flex: none;
			}
			label {
				display: grid;
				gap: 4px;
				font-size: 14px;
				color: var(--faint);
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
	@query("dialog") private readonly dialog!: HTMLDialogElement;
	#opened = 0;

	protected override render() {
		const { context, asked } = this;
		const { say } = context;
		const open = this.alarms.filter((alarm) => alarm.acknowledged_by === null && alarm.of.may.includes("acknowledge"));
		const title = asked.length === 1 ? say("acknowledge_one") : say("acknowledge_these", { count: asked.length });
		return html`
			${open.length ? html`<button @click=${() => this.#ask(open)}>${say("acknowledge")}</button>` : nothing}
			<dialog aria-label=${title} @click=${this.#clicked} @close=${() => (this.asked = [])}>
				${asked.length ? this.#question(title, asked) : nothing}
			</dialog>
		`;
	}

	#question(title: string, asked: readonly Of<Alarm>[]) {
		const { say, format, texts } = this.context;
		return html`<form @submit=${this.#send}>
			<h2>${title}</h2>
			<ul class="items" tabindex="0">
				${asked.map((alarm) => {
					const value = valueOf(alarm);
					return html`<li class="item" data-level=${alarm.level}>
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
					</li>`;
				})}
			</ul>
			<label>${say("note")} <input name="note" maxlength=${LONGEST_NOTE} autocomplete="off" /></label>
			<div class="actions">
				<button class="main" autofocus>${say("acknowledge")}</button>
				<button type="button" @click=${() => this.dialog.close()}>${say("cancel")}</button>
			</div>
		</form>`;
	}

	async #ask(open: readonly Of<Alarm>[]): Promise<void> {
		this.asked = urgentFirst(open);
		await this.updateComplete;
		this.dialog.showModal();
		this.#opened = performance.now();
	}

	get #settled(): boolean {
		return performance.now() - this.#opened > SETTLING;
	}

	readonly #clicked = (event: Event): void => {
		event.stopPropagation(); // what is around may open a battery at a click
		if (event.target === this.dialog && this.#settled) this.dialog.close();
	};

	readonly #send = async (event: SubmitEvent): Promise<void> => {
		event.preventDefault();
		if (!this.#settled) return;
		const { asked, context } = this;
		const note = this.renderRoot.querySelector("input")?.value ?? "";
		this.dialog.close();
		toast(this, await acknowledged(asked, note, context));
	};
}

/** Acknowledge alarms as they were shown, and return the result as a text. */
async function acknowledged(asked: readonly Of<Alarm>[], note: string, context: Context): Promise<string> {
	const strings = new Map<BankString["id"], Record<string, Alarm["level"]>>();
	for (const { id, level, of } of asked) strings.set(of.id, { ...strings.get(of.id), [id]: level });
	try {
		const send = ([string, alarms]: [string, Record<string, Alarm["level"]>]) =>
			context.ask("acknowledge", { string, alarms, note });
		const answers = await Promise.all([...strings].map(send));
		const count = answers.reduce((sum, answer) => sum + answer.acknowledged, 0);
		const key = count < asked.length ? "acknowledged_some" : "count_acknowledged";
		return context.say(key, { count, total: asked.length });
	} catch (error) {
		return context.failure(error);
	}
}
