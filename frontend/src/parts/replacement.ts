/** The button that enters the replacement of a battery, and the form behind it. */
import { css, html, LitElement, type PropertyValues } from "lit";
import { property, state } from "lit/decorators.js";

import { type Context, emit } from "../data/context.ts";
import type { Asset } from "../data/payload.ts";
import { base, fields } from "./style.ts";

const LONGEST = 100; // characters of a serial number, a maker or a type
const LONGEST_NOTE = 1000; // of the note of a replacement

/** The fields of the action that are filled in; the detail of the event `battery-replace`. */
export type NewBattery = Record<string, FormDataEntryValue>;

export class ReplacementElement extends LitElement {
	static override styles = [
		base,
		fields,
		css`
			:host {
				display: block;
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
		`,
	];

	@property({ attribute: false }) context!: Context;
	/** The id of the battery: for another one, the form is closed. */
	@property({ attribute: false }) battery = "";
	/** What is known of the present battery; a new one is often of the same maker and type. */
	@property({ attribute: false }) asset: Asset | undefined;
	@state() private open = false;

	protected override willUpdate(changed: PropertyValues<this>): void {
		if (changed.has("battery")) this.open = false;
	}

	protected override render() {
		const { say } = this.context;
		const toggle = () => (this.open = !this.open);
		if (!this.open) {
			return html`<div class="actions"><button @click=${toggle}>${say("replace")}</button></div>`;
		}
		const { maker = null, type = null } = this.asset ?? {};
		const send = (event: Event) => {
			event.preventDefault();
			this.open = false;
			emit(this, "battery-replace", filled(event));
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
}

/** The fields of a form that are not empty. */
function filled(event: Event): NewBattery {
	const form = new FormData(event.target as HTMLFormElement);
	return Object.fromEntries([...form].filter(([, value]) => value !== ""));
}
