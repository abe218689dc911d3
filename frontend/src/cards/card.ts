/** What all cards have in common: the feed, the texts, the string, the notice about problems, and the dialog. */
import { css, type CSSResultGroup, html, LitElement, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import { type Bank, withLineNames } from "../data/bank.ts";
import { Context, fire, OPEN, type OpenBattery } from "../data/context.ts";
import { feedOf, type Feed } from "../data/feed.ts";
import type { CardConfig, Hass } from "../data/hass.ts";
import { isAmong } from "../data/numbers.ts";
import type { Battery, BankString } from "../data/payload.ts";
import { textsOf } from "../data/texts.ts";
import type { DialogStep } from "../parts/dialog.ts";
import { base } from "../parts/style.ts";
import { theme } from "../parts/theme.ts";
import { feedProblem, lineProblem } from "../parts/problem.ts";

const OWN = new Set(["more-info", "default"]); // actions for which a battery has its dialog
const AGAIN = 5_000; // ms until texts that could not be loaded are requested again
const SERVED = /\/battery_bank\/(\d[^/]*)\//.exec(import.meta.url)?.[1]; // the version of this file

/** What a card shows, and the context for it; it exists after the first message of the feed. */
export interface Shown {
	readonly bank: Bank;
	readonly context: Context;
}

export abstract class Card extends LitElement {
	static override styles: CSSResultGroup = [
		theme,
		base,
		css`
			.card {
				container-type: inline-size;
				background: var(--ground);
				border: var(--ha-card-border-width, 1px) solid var(--ha-card-border-color, var(--rule));
				border-radius: var(--ha-card-border-radius, 12px);
				box-shadow: var(--ha-card-box-shadow, none);
				padding: 16px;
			}
			:host([old]) .body {
				filter: grayscale(1);
				opacity: 0.5;
			}
			.tools {
				display: flex;
				flex-wrap: wrap;
				align-items: center;
				gap: 8px;
				&:empty {
					display: none;
				}
			}
		`,
	];

	/** What the last card showed. The editor has no `hass`, so its form uses these texts and strings. */
	static last: Shown | undefined;

	@property({ attribute: false }) config: CardConfig = { type: "" };
	@state() protected context: Context | undefined;
	@state() private opened: OpenBattery | undefined;
	@state() private picked: string | undefined;
	#hass: Hass | undefined;
	#unlisten: (() => void) | undefined;
	#shown: Shown | undefined;
	#notice = "";

	constructor() {
		super();
		this.addEventListener(OPEN, (event) => {
			event.stopPropagation();
			const { tap_action: tap } = this.config;
			if (!tap || OWN.has(tap.action)) this.opened = (event as CustomEvent<OpenBattery>).detail;
			else fire(this, "hass-action", { config: { tap_action: tap }, action: "tap" });
		});
	}

	set hass(hass: Hass) {
		const before = this.#hass;
		this.#hass = hass;
		const { connection, locale, config, themes } = hass;
		const moved = before?.connection !== connection;
		if (moved && this.isConnected) this.#listen();
		if (moved || before.locale !== locale || before.config !== config || before.themes !== themes) void this.#learn();
	}

	override connectedCallback(): void {
		super.connectedCallback();
		this.#listen();
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		this.#unlisten?.();
		this.#unlisten = undefined;
		this.opened = undefined;
	}

	#listen(): void {
		this.#unlisten?.();
		this.#unlisten = this.#hass && feedOf(this.#hass.connection).listen(() => this.requestUpdate());
	}

	async #learn(): Promise<void> {
		const hass = this.#hass;
		if (!hass) return;
		this.toggleAttribute("dark", hass.themes?.darkMode ?? false);
		try {
			const texts = await textsOf(hass.connection, hass.locale.language);
			const now = this.#hass;
			if (now?.connection !== hass.connection || now.locale !== hass.locale) return;
			this.context = new Context(() => this.#hass ?? hass, texts);
		} catch {
			setTimeout(() => void this.#learn(), AGAIN);
		}
	}

	/** The id or the name of the string in the configuration, if there is one. */
	protected get wanted(): string | undefined {
		return this.config.string?.length ? this.config.string : undefined;
	}

	/** The string that is shown: of the configuration, by its id or name, or the one that was chosen. */
	protected stringOf({ strings, lines }: Bank): BankString | undefined {
		const wanted = this.wanted ?? this.picked;
		const all = [...strings.values()];
		return (
			all.find(({ id }) => wanted === undefined || id === wanted) ??
			all.find(({ name, line }) => name === wanted || name === `${wanted} (${lines.get(line)?.name ?? ""})`)
		);
	}

	protected override willUpdate(): void {
		const feed = this.#hass && feedOf(this.#hass.connection);
		this.#notice = feed && this.context ? this.#problem(feed, this.context) : "";
		this.#shown = feed?.bank && this.context ? { bank: withLineNames(feed.bank), context: this.context } : undefined;
		Card.last = this.#shown ?? Card.last;
		this.toggleAttribute("old", this.#notice !== "");
		if (this.#shown) this.follow(this.#shown);
	}

	/** Request the data that the card needs besides the feed. */
	protected follow(_: Shown): void {
		// Most need nothing.
	}

	protected override render() {
		const { context, config } = this;
		const [shown, notice] = [this.#shown, this.#notice];
		if (!context) return html`<section class="card" aria-busy="true"></section>`;
		const heading = shown ? this.#heading(shown) : "";
		const reload = !notice && shown && this.#outdated(shown) ? this.#reload(context) : nothing;
		return html`
			<section
				class="card ${config.fill ? "fill" : ""}"
				aria-busy=${shown ? "false" : "true"}
				aria-label=${heading === "" ? nothing : this.#label(heading, shown)}
			>
				${shown ? this.#header(shown) : nothing}
				<p class="notice" role="status" ?hidden=${!notice && reload === nothing}>${notice || reload}</p>
				${shown ? this.#banner(shown) : nothing}
				<div class="body">${shown ? this.body(shown) : nothing}</div>
				${shown ? this.#dialog(shown) : nothing}
			</section>
		`;
	}

	/** The heading with the name of the string: a page may have the same card for several strings. */
	#label(heading: string, shown: Shown | undefined): string {
		const name = shown && this.ofOneString && !this.choosable(shown) ? this.stringOf(shown.bank)?.name : undefined;
		return name === undefined || heading.includes(name) ? heading : `${heading}, ${name}`;
	}

	#heading(shown: Shown): string {
		return this.config.title?.length ? this.config.title : this.heading(shown);
	}

	/** Whether a battery is among those that are chosen in the configuration. */
	protected isChosen(battery: Battery): boolean {
		return isAmong(battery.number, this.config.batteries);
	}

	/** The title of the card if none is configured; it is the name of the card for a screen reader too. */
	protected abstract heading(shown: Shown): string;

	/** The controls beside the title. */
	protected tools(_: Shown): TemplateResult | typeof nothing {
		return nothing;
	}

	protected abstract body(shown: Shown): TemplateResult;

	/** The text in place of the content when there is no string. */
	protected empty({ bank, context }: Shown): TemplateResult {
		return html`<p class="empty">${context.say(bank.strings.size ? "string_gone" : "no_strings")}</p>`;
	}

	#header(shown: Shown): TemplateResult | typeof nothing {
		const heading = this.titled ? this.#heading(shown) : "";
		if (!heading) return nothing;
		return html`<header>
			<h2>${heading}</h2>
			${this.#picker(shown)}
			<div class="tools">${this.tools(shown)}</div>
		</header>`;
	}

	/** When the last message came, in s since 1970. */
	protected readonly lastMessage = (): number | null => (this.#hass ? feedOf(this.#hass.connection).updated : null);

	/** Whether the heading is shown. */
	protected readonly titled: boolean = true;

	/** Whether a string can be chosen in the card. */
	protected choosable({ bank }: Shown): boolean {
		return this.wanted === undefined && bank.strings.size > 1;
	}

	#picker(shown: Shown): TemplateResult | typeof nothing {
		if (!this.choosable(shown)) return nothing;
		const { bank, context } = shown;
		const current = this.stringOf(bank)?.id;
		const pick = (event: Event) => (this.picked = (event.target as HTMLSelectElement).value);
		return html`<select aria-label=${context.say("string")} @change=${pick}>
			${[...bank.strings.values()].map(
				({ id, name }) => html`<option value=${id} ?selected=${id === current}>${name}</option>`,
			)}
		</select>`;
	}

	/** The name of the string, if it can't be chosen in the card. */
	protected stringName(shown: Shown): TemplateResult | typeof nothing {
		const string = this.stringOf(shown.bank);
		return this.choosable(shown) || !string ? nothing : html`<span class="faint">${string.name}</span>`;
	}

	/** Whether the top of the card says that the line of the string is down. */
	protected readonly ofOneString: boolean = true;

	#problem(feed: Feed, context: Context): string {
		const line = feed.bank && this.ofOneString ? feed.bank.lines.get(this.stringOf(feed.bank)?.line ?? "") : undefined;
		return feedProblem(feed, context) || lineProblem(line, context.texts);
	}

	/** The strings of which the card says in short that they are in discharge. */
	protected inDischarge(_: Shown): readonly BankString[] {
		return [];
	}

	#banner(shown: Shown): TemplateResult | typeof nothing {
		const strings = this.inDischarge(shown);
		if (!strings.length) return nothing;
		return html`<battery-bank-banner
			discharges
			brief
			?links=${this.config.links ?? false}
			.context=${shown.context}
			.strings=${strings}
			.lines=${shown.bank.lines}
		></battery-bank-banner>`;
	}

	#outdated({ bank }: Shown): boolean {
		return SERVED !== undefined && bank.version !== "" && bank.version !== SERVED;
	}

	#reload({ say }: Context): TemplateResult {
		return html`${say("reload")} <button @click=${() => location.reload()}>${say("reload_now")}</button>`;
	}

	#dialog({ bank, context }: Shown): TemplateResult {
		const { opened } = this;
		return html`<battery-bank-dialog
			.context=${context}
			.string=${opened && bank.strings.get(opened.string)}
			.index=${opened?.index ?? 0}
			.notice=${this.#notice}
			@dialog-step=${({ detail }: CustomEvent<DialogStep>) => {
				if (opened) this.opened = { ...opened, index: detail.index };
			}}
			@dialog-close=${() => (this.opened = undefined)}
		></battery-bank-dialog>`;
	}
}
