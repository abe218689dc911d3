/** The figures of a string. */
import type { Context } from "../data/context.ts";
import type { BankString } from "../data/payload.ts";
import type { Status } from "../data/status.ts";
import { currentText, doesSupply } from "../data/under-way.ts";
import type { Figure } from "./templates.ts";

/**
 * Return the figures; each that is unknown has its reason as a note. `short` is for little room: without a discharge, the
 * temperature takes the place of the remaining time.
 */
export function figuresOf(
	string: BankString,
	{ monitored, stringModuleOffline }: Status,
	{ format, say }: Context,
	short = false,
): Figure[] {
	const { measures, values } = string;
	const none = monitored ? "" : say("not_monitored");
	const missing = none || (stringModuleOffline ? say("why_string_module") : say("not_yet"));
	const reason = (value: number | null, text: string) => (value === null ? text : "");
	const list: Figure[] = [
		{
			key: "voltage",
			value: format.value(values.voltage, 1, "V"),
			note: reason(values.voltage, none || say("why_no_answer")),
		},
	];
	if (!measures.current) {
		const { mean_temperature: mean } = values;
		const note = reason(mean, none || say("why_no_answer"));
		if (measures.temperature) list.push({ key: "temperature", value: format.temperature(mean), note });
		return list;
	}
	const { limiting_battery: number } = values;
	const ending = values.discharge_start !== null && !doesSupply(string); // the discharge is about to be over
	const remaining = ending ? null : values.remaining_time;
	const { remaining_time_low: low, remaining_time_high: high, remaining_time_estimated: estimated } = values;
	const known = [
		low === null || high === null
			? ""
			: say("range", { low: format.duration(low, true), high: format.duration(high, true) }),
		estimated ? say("estimated") : "",
		number === null ? "" : say("battery", { number }),
	];
	const ends = known.filter((part) => part).join(" · ");
	const never = values.state === "discharge" ? "" : say("only_in_discharge");
	const over = ending ? say(currentText(string)) : "";
	const warmth = values.ambient ?? values.mean_temperature;
	const temperature: Figure = {
		key: values.ambient === null ? "temperature" : "ambient",
		value: format.temperature(warmth),
		note: reason(warmth, missing),
	};
	const left: Figure = {
		key: "remaining",
		value: format.duration(remaining, true),
		note: remaining === null ? none || over || never || missing : short ? "" : ends,
	};
	return [
		...list,
		{ key: "current", value: format.value(values.current, 1, "A", true), note: reason(values.current, missing) },
		{
			key: "charge",
			value: format.value(values.state_of_charge, 0, "%"),
			note: reason(values.state_of_charge, missing),
		},
		short && never && measures.temperature ? temperature : left,
	];
}
