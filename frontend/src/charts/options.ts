/** A chart as uPlot wants it. */
import uPlot from "uplot";

import type { Mark } from "../data/quantities.ts";
import type { Chart, Series } from "./chart.ts";
import { drawAreas, drawBarTexts, drawLimits, drawNotes } from "./draw.ts";
import { colourOf, DASH, type Palette, WIDTH } from "./palette.ts";

// px of the axes
const LEFT = 62;
const RIGHT = 22; // half of the last tick's text is there
const TOP = 12;
const BOTTOM = 26;
const NEAR = 24; // px from the pointer, within which a series is the one that is meant
const BOTH = 40; // px in both directions, from which on dragging zooms in both
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enumeration isn't there when the code runs
const COLOUR: uPlot.Series.BarsPathBuilderFacetUnit = 3;

/** Return the options; `now` returns the chart as it is at the moment of a call. */
export function optionsOf(now: () => Chart, palette: Palette, width: number, height: number): uPlot.Options {
	const chart = now();
	const font = `13px ${palette.font}`;
	const axis = { font, stroke: palette.faint, ticks: { show: false } };
	return {
		width,
		height,
		padding: [TOP, RIGHT, 0, 0],
		legend: { show: false },
		focus: { alpha: 0.4 },
		cursor: {
			y: false,
			drag: { x: true, y: true, uni: BOTH },
			focus: { prox: chart.series.length > 1 ? NEAR : -1 },
			points: chart.series.some(({ look }) => look === "bars") ? { show: false } : { one: true, size: 9 },
		},
		scales: {
			// The whole range, unless the chart is zoomed.
			x: {
				time: false,
				range: (_, min, max) => {
					const { at, across } = now();
					const whole = min <= (at[0] ?? min) && max >= (at.at(-1) ?? max);
					return whole ? [across.min, across.max] : [min, max];
				},
			},
			y: { range: () => [now().up.min, now().up.max] },
		},
		axes: [
			{
				...axis,
				size: BOTTOM,
				grid: { show: false },
				...splitsOf(now, "across"),
			},
			{
				...axis,
				size: LEFT,
				gap: 8,
				space: 48,
				grid: { stroke: palette.rule, width: 1 },
				...splitsOf(now, "up"),
			},
		],
		series: [{}, ...chart.series.map((one, index) => seriesOf(one, palette, () => now().series[index]))],
		hooks: {
			drawAxes: [(plot) => drawAreas(plot, now(), palette)],
			draw: [drawLimits, drawBarTexts, drawNotes].map((draw) => (plot: uPlot) => draw(plot, now(), palette)),
		},
	};
}

function splitsOf(now: () => Chart, which: "across" | "up"): Pick<uPlot.Axis, "splits" | "values"> {
	const { ticks } = now()[which];
	return {
		...(ticks && {
			splits: (plot, _, min, max) => now()[which].ticks?.(min, max, plot.bbox.width / uPlot.pxRatio) ?? [],
		}),
		values: (_, splits) => {
			const step = (splits[1] ?? 0) - (splits[0] ?? 0) || 1;
			return splits.map((value) => now()[which].text(value, Number(step.toPrecision(6))));
		},
	};
}

function seriesOf({ look, marks, from = 1 }: Series, palette: Palette, now: () => Series | undefined): uPlot.Series {
	const series: uPlot.Series = {
		stroke: colourOf(look, palette),
		width: WIDTH[look],
		points: { show: false },
		pxAlign: 0,
	};
	if (look === "other") series.dash = DASH;
	if (look === "dots") series.points = { show: true, size: 7, fill: palette.text, stroke: palette.text };
	if (look === "rings") series.points = { show: true, size: 7, width: 1.5, fill: "transparent" };
	if (look === "bars") {
		const colours = () => (now()?.marks ?? marks ?? []).map(({ mark }) => barColour(mark, palette));
		const filled = { unit: COLOUR, values: colours };
		const paths = uPlot.paths.bars?.({ size: [0.8, 60], radius: 0.12, disp: { fill: filled, stroke: filled } });
		if (paths) series.paths = paths;
		series.fill = palette.bar;
		series.fillTo = () => now()?.from ?? from;
	}
	return series;
}

function barColour(mark: Mark, palette: Palette): string {
	// Where a bar ends shows whether its value is too low or too high.
	const far = mark === "offline" ? 0 : Math.abs(mark);
	return far === 3 ? palette.alarm : far === 2 ? palette.warning : palette.bar;
}
