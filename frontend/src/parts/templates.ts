/** Small pieces that several parts show. */
import { html, nothing, type TemplateResult } from "lit";

import { valueOf } from "../data/bank.ts";
import type { Context } from "../data/context.ts";
import { NONE, partsOf } from "../data/format.ts";
import type { Alarm, BankString, Level } from "../data/payload.ts";
import { markOf } from "../data/quantities.ts";
import { groupedPending, type Standing, type Status } from "../data/status.ts";
import type { Say, TextKey } from "../data/texts.ts";

const WIDEST = 48; // columns of a strip

export interface Figure {
	key: TextKey;
	/** With its unit. */
	value: string;
	note?: string | undefined;
	/** Its last hours, as a path in a box of 100 × 24. */
	spark?: string | undefined;
}

/** Buttons of which one is pressed. */
export function choices<Key>(
	label: string,
	options: readonly Key[],
	pressed: Key,
	text: (option: Key) => string,
	press: (option: Key) => void,
): TemplateResult {
	return html`
		<div class="choice" role="group" aria-label=${label}>
			${options.map(
				(option) => html`
					<button aria-pressed=${option === pressed} @click=${() => press(option)}>${text(option)}</button>
				`,
			)}
		</div>
	`;
}

/** Large numbers with their units and names. */
export function figures(shown: readonly Figure[], say: Say): TemplateResult {
	return html`
		<dl class="figures">
			${shown.map(({ key, value, note = "", spark }) => {
				const [number, unit = "", ...more] = partsOf(value);
				const whole = more.length > 0; // a time span has several units
				return html`
					<div class="figure" ?data-missing=${number === NONE}>
						<dt>${say(key)}</dt>
						<dd><span>${whole ? value : number}</span><small>${whole ? "" : unit}</small></dd>
						<dd class="note" title=${note || nothing}>${note}</dd>
						${
							spark
								? html`<dd aria-hidden="true">
										<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none"><path d=${spark}></path></svg>
									</dd>`
								: nothing
						}
					</div>
				`;
			})}
		</dl>
	`;
}

/** The sign of a level, with its name unless that stands beside it. */
export function sign(level: Level | "note", label?: string): TemplateResult {
	return label === undefined
		? html`<i class="sign" data-sign=${level}></i>`
		: html`<i class="sign" data-sign=${level} role="img" aria-label=${label}></i>`;
}

/**
 * The status in words, with the sign of its level. A string without an alarm that is in discharge is not OK: `discharge`
 * is the name of that state then, or else empty.
 */
export function badge(standing: Standing, say: Say, acknowledged = false, discharge = ""): TemplateResult {
	if (standing === "ok" && discharge) return html`<span class="badge" data-level="discharge">${discharge}</span>`;
	const level = standing === "pending" ? "warning" : standing;
	const signed = level === "ok" || level === "warning" || level === "alarm";
	const noted = acknowledged && (standing === "alarm" || standing === "warning");
	const text = noted ? `${say(standing)} · ${say("acknowledged")}` : say(standing);
	return html`
		<span class="badge" data-level=${standing} ?acknowledged=${noted}>
			${signed ? sign(level) : nothing}<span>${text}</span>
		</span>
	`;
}

/** How much of a string is monitored. */
export function coverage({ monitored, total }: Status, say: Say): string {
	return say("coverage", { count: monitored, total });
}

/** The status of a string in sentences: that there is no alarm, if that is true, and everything that restricts it. */
export function findings(status: Status, { say, texts, format }: Context, now: number): TemplateResult[] {
	const { standing, monitored, total, pending, testing } = status;
	const notes: TemplateResult[] = groupedPending(pending).map(({ kind, batteries, level, due }) => {
		const name = texts.or(`alarm.${kind}`, kind);
		const [number, ...more] = batteries;
		const whose = more.length ? say("several", { count: batteries.length }) : say("battery", { number: number ?? "" });
		const what = number === undefined ? name : `${whose} · ${name}`;
		const raised = level === "alarm" ? "pending_alarm" : "pending_warning";
		const wait = due === null || due <= now ? say("pending") : say(raised, { time: format.duration(due - now, true) });
		return html`<li class="item" data-level="pending">
			${sign("warning", say("pending"))}<strong>${what}</strong><span class="much">${wait}</span>
		</li>`;
	});
	const plain = (text: string) => html`<li class="note-item">${text}</li>`;
	if (standing === "not_monitored") notes.push(plain(say("none_monitored")));
	if (status.stringModuleOffline) notes.push(plain(say("string_module_offline")));
	if (status.journalFailing) notes.push(plain(say("journal_failing")));
	for (const number of testing) notes.push(plain(say("testing_battery", { number })));
	const quiet = standing === "ok" || standing === "partly" || standing === "testing";
	if (quiet && monitored === total) notes.push(well(say("all_well")));
	else if (quiet) notes.push(plain(say("monitored_well", { count: monitored })));
	return notes;
}

/** An item that says that all is well. */
export function well(text: string, name = "well"): TemplateResult {
	return html`<li class=${name}>${sign("ok")} ${text}</li>`;
}

interface AlarmLook {
	/** Whether it is with its battery. */
	named?: boolean;
	/** The name of its string, if it is shown. */
	string?: string;
	/** When it was cleared, in s since 1970. */
	cleared?: number;
	/** With few words, and the advice only if it is wanted. */
	short?: boolean;
	advice?: boolean;
	/** What a click does. */
	open?: () => void;
	/** The string, if the note can be changed. */
	noteOf?: BankString;
}

/** The string of an alarm, if it is to be named, and its batteries. */
export function alarmPlace({ battery, batteries }: Alarm, { say }: Context, string: string, named = true): string {
	const several = batteries.length > 1 ? say("several", { count: batteries.length }) : "";
	const one = named && battery !== null ? say("battery", { number: battery }) : "";
	return [string, several, one].filter((part) => part).join(" · ");
}

/** An alarm, its value now, its limit and its worst value, with what to do. */
export function alarmItem(alarm: Alarm, context: Context, look: AlarmLook = {}): TemplateResult {
	const { say, texts, format } = context;
	const { named = true, string = "", short = false, open, cleared } = look;
	const { level, limit, unit, acknowledged_by: name } = alarm;
	const { value_now: now, value_at: valueAt, worst_value: worst, worst_at: worstAt } = alarm;
	const shown = valueOf(alarm);
	const measured = (value: number | null) => format.measured(value, unit, texts.unit(alarm));
	const at = short ? (time: number | null) => format.clock(time) : (time: number | null) => format.since(time);
	const dated = (who: string, time: number | null) => say("bracketed", { name: who, more: at(time) });
	const seen = name === null ? "" : dated(say("seen_by", { name }), alarm.acknowledged);
	const changed = alarm.noted === null ? "" : dated(say("note_by", { name: alarm.noted_by ?? "" }), alarm.noted);
	const by = [seen, changed].filter((part) => part).join(" · ");
	const noted = alarm.note === null ? by : say("named", { name: by, value: alarm.note });
	const { level_since: levelSince } = alarm;
	const its = levelSince === null ? "" : say("level_since", { level: say(level), time: at(levelSince) });
	const raised = say("since", { time: at(alarm.since) });
	const since = [short && its ? "" : raised, its].filter((part) => part).join(" · ");
	const { gone_since: goneSince } = alarm;
	const gone = goneSince === null ? "" : say("cause_gone", { time: at(goneSince) });
	const bound = limit === null ? "" : say("limit", { limit: measured(limit) });
	const differs = worst !== null && worst !== now;
	const furthest = differs ? say("worst_value", { value: measured(worst), time: at(worstAt) }) : "";
	const unknown = now === null && valueAt !== null ? say("value_until", { time: at(valueAt) }) : "";
	// The record has no value of now. The value when the alarm was raised is said unless it is the worst one.
	const { value: first } = alarm;
	const atFirst = first === null || first === worst ? "" : say("value_raised", { value: measured(first) });
	const present = short && shown !== null ? say("value_now", { value: measured(shown) }) : "";
	const facts = ((): string[] => {
		if (cleared !== undefined)
			return [short ? "" : since, short ? "" : atFirst, furthest, say("cleared_at", { time: at(cleared) }), noted];
		if (short) return name === null ? [gone, present, bound, furthest, since] : [present, noted];
		return [gone, since, bound, furthest, unknown, noted];
	})();
	const rest = facts.filter((fact) => fact);
	// What was to do while the cause lasted is wrong now: a discharge that is over need not be ended.
	const told = texts.or(`what_to_do.${alarm.kind}`, alarm.what_to_do);
	const advice = gone ? say("advice_then", { advice: told }) : told;
	const where = alarmPlace(alarm, context, string, named);
	const title = texts.alarm(alarm);
	return html`
		<li
			class="item"
			data-level=${level}
			?data-battery=${open !== undefined}
			?acknowledged=${name !== null}
			?data-cleared=${cleared !== undefined}
			@click=${open ?? nothing}
		>
			${sign(level, say(level))}
			<strong>
				${short && where ? html`${where}<br />${title}` : [where, title].filter((part) => part).join(" · ")}
				${alarm.drill ? html`<span class="chip">${say("drill")}</span>` : nothing}
			</strong>
			<span class="much">${short || cleared !== undefined || shown === null ? "" : measured(shown)}</span>
			${(short && !look.advice) || cleared !== undefined ? nothing : html`<p class="rest advice">${advice}</p>`}
			<p class="rest">${rest.join(" · ")}</p>
			${
				look.noteOf && name !== null
					? html`<battery-bank-alarm-note
							class="rest"
							.context=${context}
							.alarm=${alarm}
							.string=${look.noteOf}
							@click=${(event: Event) => event.stopPropagation()}
						></battery-bank-alarm-note>`
					: nothing
			}
		</li>
	`;
}

/** All batteries of a string as small bars, for more batteries than there is room for tiles. */
export function strip(string: BankString, say: Say): TemplateResult {
	const { level, contact } = string.cells;
	const count = string.batteries.length;
	const columns = Math.ceil(count / Math.ceil(count / WIDEST));
	const levels = (["alarm", "warning", "ok"] as const).map(
		(one) => `${say(one)} ${level.filter((it) => it === one).length}`,
	);
	const label = [...levels, `${say("no_answer")} ${contact.filter((one) => one !== "answering").length}`].join(", ");
	return html`
		<div class="strip" role="img" aria-label=${label} style="--columns: ${columns}">
			${string.batteries.map((_, index) => html`<i data-mark=${markOf("alarm", string, index)}></i>`)}
		</div>
	`;
}
