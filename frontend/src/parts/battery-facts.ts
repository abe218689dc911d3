/** What the dialog of a battery says of it: its figures, and the facts about its module and its past. */
import { html, nothing, type TemplateResult } from "lit";

import type { Context } from "../data/context.ts";
import type { BankString, BatteryDetail, Replacement } from "../data/payload.ts";
import { aboveRoom, stepResistance, valueText } from "../data/quantities.ts";
import { placeText } from "../data/rack.ts";
import type { TextKey } from "../data/texts.ts";
import type { Figure } from "./templates.ts";

const LAST_TESTS = 3;
const HISTORIES = ["voltage", "deviation", "resistance", "resistance_ratio", "step_resistance", "temperature", "risk"];

/** The large numbers of a battery, each with why it is missing or what it compares with. */
export function batteryFigures(string: BankString, index: number, { say, format }: Context): Figure[] {
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

/** What is known of the battery, its module and its past. */
export function batteryFacts(
	detail: BatteryDetail,
	string: BankString,
	index: number,
	context: Context,
): TemplateResult {
	const { say, texts, format } = context;
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
		["place", string.rack ? placeText(index, string.rack, say) : ""],
		["serial", asset.serial ?? ""],
		["installed", day(asset.installed)],
		[
			"module",
			text([
				asset.module,
				`${say("address")} ${string.batteries[index]?.address ?? ""}`,
				asset.firmware && `${say("firmware")} ${asset.firmware}`,
			]),
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
		...replacements.map((one): [TextKey, string] => ["replaced", replacedText(one, context)]),
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

function replacedText({ at, by, serial, maker, battery_type: type, note }: Replacement, { format }: Context): string {
	return [format.date(at), by, maker, type, serial, note].filter((part) => part).join(" · ");
}

/** Buttons that open the histories of a battery's entities. */
export function histories(
	entities: Record<string, string>,
	{ say, texts }: Context,
	open: (entity: string) => void,
): TemplateResult | typeof nothing {
	const known = HISTORIES.flatMap((key) => (entities[key] === undefined ? [] : [{ key, entity: entities[key] }]));
	if (!known.length) return nothing;
	return html`<div class="actions">
		${known.map(({ key, entity }) => {
			const name = texts.or(key === "resistance_ratio" ? "ratio" : key, texts.or(`name.${key}`, key));
			const text = say("named", { name: say("history"), value: name });
			return html`<button @click=${() => open(entity)}>${text}</button>`;
		})}
	</div>`;
}
