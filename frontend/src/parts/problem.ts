/** Why values may be missing or old, in words. */
import type { Context } from "../data/context.ts";
import type { Feed } from "../data/feed.ts";
import type { Line } from "../data/payload.ts";
import type { Texts } from "../data/texts.ts";

/** The problem of a line; empty while it works. */
export function lineProblem(line: Line | undefined, texts: Texts): string {
	if (line?.down) return texts.say("line_down", { reason: texts.or(`down.${line.down}`, line.down) });
	return line && !line.loaded ? texts.say("line_not_loaded") : "";
}

/** The problem of the connection; empty while it works. */
export function feedProblem({ status, updated }: Pick<Feed, "status" | "updated">, { say, format }: Context): string {
	if (status === "lost") return updated === null ? say("waiting") : say("lost", { time: format.since(updated) });
	if (status === "stale") return say("stale", { time: format.since(updated) });
	return status === "unavailable" ? say("unavailable") : "";
}
