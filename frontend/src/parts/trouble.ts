/** Why values may be missing or old, in words. */
import type { Context } from "../data/context.ts";
import type { Feed } from "../data/feed.ts";
import type { Line } from "../data/payload.ts";
import type { Texts } from "../data/texts.ts";

/** Of a line; empty while it works. */
export function trouble(line: Line | undefined, texts: Texts): string {
	if (line?.down) return texts.say("line_down", { reason: texts.or(`down.${line.down}`, line.down) });
	return line && !line.loaded ? texts.say("line_not_loaded") : "";
}

/** Of the connection; empty while it works. */
export function disturbance({ status, heard }: Pick<Feed, "status" | "heard">, { say, format }: Context): string {
	if (status === "lost") return heard === null ? say("waiting") : say("lost", { time: format.since(heard) });
	if (status === "stale") return say("stale", { time: format.since(heard) });
	return status === "unavailable" ? say("unavailable") : "";
}
