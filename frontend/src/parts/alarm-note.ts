/** The note of an acknowledged alarm: a button, and behind it the form in which a person adds or changes the note. */
import { css, html, LitElement, nothing } from "lit";
import { property, state } from "lit/decorators.js";

import { type Context, toast } from "../data/context.ts";
import type { Alarm, BankString } from "../data/payload.ts";
import { base, fields } from "./style.ts";

export const LONGEST_NOTE = 200; // characters of the note of an alarm

export class AlarmNoteElement extends LitElement {
	static override styles = [
		base,
		fields,
		css`
			form {
				display: flex;
				flex-wrap: wrap;
				gap: 8px;
			}
		`,
	];

	@property({ attribute: false }) context!: Context;
	@property({ attribute: false }) alarm!: Alarm;
	@property({ attribute: false }) string!: BankString;
	@state() private open = false;

	/** The device whose alarms of this kind are meant: that of its battery or, without one, that of the string. */
	get #device(): string | null {
		const { alarm, string } = this;
		const number = alarm.battery ?? alarm.batteries[0];
		return string.batteries.find((one) => one.number === number)?.device_id ?? string.device_id;
	}

	protected override render() {
		const { alarm, string, context } = this;
		const { say } = context;
		const device = this.#device;
		if (alarm.acknowledged_by === null || device === null || !string.may.includes("acknowledge")) return nothing;
		const name = say(alarm.note === null ? "add_note" : "change_note");
		const toggle = () => (this.open = !this.open);
		if (!this.open) return html`<button @click=${toggle}>${name}</button>`;
		const send = async (event: Event) => {
			event.preventDefault();
			const note = new FormData(event.target as HTMLFormElement).get("note");
			this.open = false;
			const data = { device_id: [device], kind: alarm.kind, note };
			toast(this, await context.act("battery_bank.set_alarm_note", data));
		};
		return html`<form @submit=${send}>
			<input
				name="note"
				maxlength=${LONGEST_NOTE}
				autocomplete="off"
				aria-label=${say("note")}
				value=${alarm.note ?? ""}
			/>
			<button class="main">${say("save")}</button>
			<button type="button" @click=${toggle}>${say("cancel")}</button>
		</form>`;
	}

	protected override updated(changed: Map<PropertyKey, unknown>): void {
		if (changed.has("open") && this.open) this.renderRoot.querySelector("input")?.focus();
	}
}
