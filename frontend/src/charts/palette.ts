/** The colours of a chart, from the theme: a canvas doesn't know the variables of a page. */
import type { Look } from "./chart.ts";

const COLOURS = {
	text: "var(--text)",
	faint: "var(--faint)",
	rule: "var(--rule)",
	accent: "var(--accent)",
	// Not transparent: the lines of twenty batteries that lie on each other would look like the average.
	thin: "color-mix(in srgb, var(--text) 38%, var(--ground))",
	bar: "color-mix(in srgb, var(--low) 74%, var(--ground))",
	ground: "var(--ground)",
	likely: "color-mix(in srgb, var(--low) 22%, transparent)",
	float: "color-mix(in srgb, var(--text) 7%, transparent)",
	discharge: "color-mix(in srgb, var(--high) 26%, transparent)",
	recharge: "color-mix(in srgb, var(--low) 20%, transparent)",
	boost: "color-mix(in srgb, var(--good) 20%, transparent)",
	test: "color-mix(in srgb, var(--worse) 45%, transparent)",
	area: "color-mix(in srgb, var(--high) 24%, transparent)",
	warning: "var(--high)",
	alarm: "var(--worse)",
	other: "var(--low)",
} as const;

export type Palette = Readonly<Record<keyof typeof COLOURS, string>> & { readonly font: string };

/** Return the colours as they are now inside of an element. */
export function paletteOf(host: Element): Palette {
	const probe = document.createElement("span");
	host.append(probe);
	const style = getComputedStyle(probe);
	const found: Record<string, string> = {};
	for (const [name, value] of Object.entries(COLOURS)) {
		probe.style.color = value;
		found[name] = style.color;
	}
	found.font = style.fontFamily;
	probe.remove();
	return found as unknown as Palette;
}

export const DASH = [7, 5]; // px of a line and of the gap behind it
/** px of the lines of each look. */
export const WIDTH: Readonly<Record<Look, number>> = {
	...{ thin: 1.2, bold: 2.6, bad: 2.2, weak: 2.6, other: 2.2, picked: 2.6 },
	...{ dots: 1.2, rings: 0, bars: 0 },
};

/** Return the colour of a series. */
export function colourOf(look: Look, palette: Palette): string {
	const colours: Readonly<Record<Look, string>> = {
		...{ thin: palette.thin, bold: palette.text, bad: palette.alarm, weak: palette.warning, other: palette.other },
		...{ picked: palette.accent, dots: palette.thin, rings: palette.faint, bars: palette.bar },
	};
	return colours[look];
}
