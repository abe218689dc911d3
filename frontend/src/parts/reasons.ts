/** Why a battery is among the worst, and why a string has no values, in words. */
import type { Context } from "../data/context.ts";
import type { BankString, Line } from "../data/payload.ts";
import { QUANTITIES } from "../data/quantities.ts";
import { statusOf } from "../data/status.ts";
import type { Reason } from "../data/worst.ts";
import { lineProblem } from "./problem.ts";

export function why(reason: Reason, string: BankString, { say, texts, format }: Context): string {
	switch (reason.key) {
		case "no_answer":
			return say("why_no_answer");
		case "risk":
			return say("why_risk", { risk: texts.or(`risk.${reason.risk}`, reason.risk) });
		case "alarm": {
			const unit = texts.unit(reason.alarm);
			const much = reason.value === null ? "" : ` ${format.measured(reason.value, reason.alarm.unit, unit)}`;
			const text = say("why_alarm", { name: texts.alarm(reason.alarm) }) + much;
			return reason.alarm.drill ? say("bracketed", { name: text, more: say("drill") }) : text;
		}
		case "ratio":
			return say("why_ratio", { value: format.percent(reason.value) });
		case "rise":
			return say("why_rise", { value: format.rise(reason.value, false) });
		case "deviation":
			return say("why_deviation", { value: QUANTITIES.deviation.long(reason.value, format, string) });
	}
}

/** Why nothing of a string is monitored; empty if something is. */
export function whyNotMonitored(string: BankString, line: Line | undefined, { say, texts }: Context): string {
	if (statusOf(string, line).monitored) return "";
	return `${say("not_monitored")} · ${lineProblem(line, texts) || say("none_monitored")}`;
}
