// Blue is too low, amber and vermilion are too high: people with colour blindness can distinguish these too. No colour
// stands alone: a warning is a tint with a frame and a sign, an alarm is solid and hatched, with a double sign.

/** @param {string} colour @param {string} share @param {string} [ground] */
const mix = (colour, share, ground = "var(--ground)") => `color-mix(in srgb, var(--${colour}) ${share}, ${ground})`

const COLOURS = `
:host {
	--text: var(--primary-text-color);
	--faint: var(--secondary-text-color);
	--ground: var(--ha-card-background, var(--card-background-color));
	--rule: var(--divider-color);
	--accent: var(--primary-color);
	--good: #00795a;
	--high: #e69f00;
	--worse: #b8430a;
	--low: #3b8fd0;
	--lower: #005a94;
	--tint: 34%;
	--quiet: ${mix("text", "6%")};
	--warning: ${mix("high", "var(--tint)")};
	--marker: polygon(50% 6%, 100% 94%, 0 94%);
	--diamond: polygon(50% 0, 100% 50%, 50% 100%, 0 50%);
	display: block;
	color: var(--text);
	font-variant-numeric: tabular-nums;
}
:host([dark]) {
	--good: #3fc79a;
	--high: #f0b429;
	--worse: #cf4a17;
	--low: #6bb5ec;
	--lower: #1673b8;
	--tint: 30%;
	--quiet: ${mix("text", "9%")};
}
[data-level="warning"] { --level: var(--high); }
[data-level="alarm"] { --level: var(--worse); }
[data-mark="1"] { --fill: ${mix("high", "14%", "var(--quiet)")}; }
[data-mark="-1"] { --fill: ${mix("low", "14%", "var(--quiet)")}; }
[data-mark="2"] { --fill: var(--warning); --frame: var(--high); --sign: polygon(50% 10%, 100% 90%, 0 90%); }
[data-mark="-2"] {
	--fill: ${mix("low", "var(--tint)")};
	--frame: var(--low);
	--sign: polygon(50% 90%, 100% 10%, 0 10%);
}
[data-mark="3"], [data-mark="-3"] { --fill: var(--frame); --ink: #fff; --hatch: #00000029; }
[data-mark="3"] { --frame: var(--worse); --sign: polygon(50% 0, 100% 50%, 72% 50%, 100% 100%, 0 100%, 28% 50%, 0 50%); }
[data-mark="-3"] { --frame: var(--lower); --sign: polygon(50% 100%, 100% 50%, 72% 50%, 100% 0, 0 0, 28% 50%, 0 50%); }
[data-mark="offline"] {
	--fill: transparent;
	--frame: var(--faint);
	--ink: var(--faint);
	--hatch: ${mix("faint", "22%", "transparent")};
}
[data-plain] {
	[data-mark="2"] { --sign: var(--marker); }
	[data-mark="3"] { --sign: var(--diamond); }
}
`

const FRAME = `
* { box-sizing: border-box; }
header, .tools, .actions, .choice, .notice, .badge, .legend, .legend li, .keys, .keys li, .list {
	display: flex; align-items: center; gap: 8px;
}
header, .tools, .actions, .legend, .keys { flex-wrap: wrap; }
.panel, .items, .inside, .fill, .fill .body { display: flex; flex-direction: column; }
.faint, .empty, .legend, .keys, dt, dd small, .note, .rest { color: var(--faint); }
.empty, .notice, .badge, .item, h3 { font-size: 16px; }
.small, .legend, .keys, .chip, .rest { font-size: 14px; }
.badge, .chip, .value, dt, dd, .much { white-space: nowrap; }
h2, h3, p, ul, dl, dd { margin: 0; padding: 0; }
h2, h3, strong { font-weight: 500; }
ul { list-style: none; }
[hidden] { display: none !important; }
.card {
	container-type: inline-size;
	background: var(--ground);
	border: var(--ha-card-border-width, 1px) solid var(--ha-card-border-color, var(--rule));
	border-radius: var(--ha-card-border-radius, 12px);
	box-shadow: var(--ha-card-box-shadow, none);
	padding: 16px;
}
header { gap: 8px 16px; min-height: 44px; margin-bottom: 12px; }
header:not(:has(> :not(:empty, [hidden]))) { display: none; }
h2 { flex: 1 1 auto; font-size: 20px; line-height: 1.25; }
.tools:empty { display: none; }
.notice {
	justify-content: space-between; gap: 12px; margin-bottom: 12px; padding: 10px 14px; border-radius: 8px; border-left: 5px solid var(--high);
	background: ${mix("high", "18%")}; line-height: 1.35;
}
:host([old]) .body, :host([old]) .inside > :not(.notice), .panel[old] > :is(.figures, .both) {
	filter: grayscale(1); opacity: 0.5;
}
.empty { padding: 24px 0; line-height: 1.5; }
button, select {
	min-height: 44px; min-width: 44px; padding: 0 16px; border-radius: 8px; cursor: pointer;
	border: 1px solid var(--rule); background: var(--quiet); color: var(--text); font: inherit; font-size: 15px;
	&:hover { background: ${mix("text", "12%")}; }
	&.main { border-color: transparent; background: var(--text); color: var(--ground); font-weight: 500; }
	&.bare { border-color: transparent; background: none; }
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.choice {
	display: inline-flex; align-items: stretch; gap: 0; border: 1px solid var(--rule); border-radius: 8px; overflow: hidden;
	button { border: 0; border-radius: 0; background: none; padding: 0 12px; }
	button + button { border-left: 1px solid var(--rule); }
	[aria-pressed="true"] { background: var(--text); color: var(--ground); }
	:focus-visible { outline-offset: -4px; }
}
@container (max-width: 520px) {
	.tools:has(.choice), .choice { width: 100%; }
	.choice button { flex: 1 1 auto; padding: 0 6px; font-size: 14px; line-height: 1.2; }
}
.small { line-height: 1.4; }
.sign {
	display: inline-block; flex: none; width: 0.8em; height: 0.8em; background: currentColor; clip-path: var(--sign);
	&:not([data-sign]) { display: none; }
}
[data-sign="ok"] { --sign: polygon(10% 50%, 22% 38%, 42% 58%, 82% 16%, 94% 28%, 42% 82%); }
[data-sign="warning"] { --sign: var(--marker); }
[data-sign="alarm"] { --sign: var(--diamond); }
[data-sign="note"] { --sign: circle(28%); }
.badge {
	display: inline-flex; min-height: 36px; padding: 0 14px; border-radius: 18px; font-weight: 500;
	border: 2px solid var(--level, currentColor);
	&[data-level="ok"] { color: var(--good); }
	&[data-level="warning"] { background: var(--warning); }
	&[data-level="alarm"] { background: var(--worse); color: #fff; }
}
.chip { padding: 2px 10px; border-radius: 6px; background: var(--quiet); }
`

// The text of a tile does not affect the layout of others. With hundreds of tiles, a new layout of all would be slow.
const WALL = `
.wall, .strip { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 6px; }
.wall [role="row"] { display: contents; }
.tile {
	position: relative; display: flex; align-items: center; justify-content: center; contain: strict;
	min-height: max(44px, min(88px, calc(var(--tile, 76px) * 0.82))); border-radius: 8px; cursor: pointer;
	color: var(--ink, var(--text)); border: 2px solid var(--frame, transparent);
	background:
		repeating-linear-gradient(135deg, var(--hatch, transparent) 0 5px, transparent 5px 11px),
		var(--fill, var(--quiet));
	&:focus-visible { z-index: 1; outline-offset: 1px; }
	&[data-mark="offline"] { border-style: dashed; }
	&[testing]::before {
		content: "Ω"; position: absolute; left: 50%; top: 3px; transform: translateX(-50%);
		font-size: 14px; line-height: 18px; font-weight: 700;
	}
	.number {
		position: absolute; left: 7px; top: 4px; font-size: clamp(10px, calc(var(--tile, 76px) * 0.17), 15px);
		line-height: 1.1; opacity: 0.78;
	}
	.value {
		position: absolute; inset: auto 0 4px; height: 1.3em; contain: strict; text-align: center;
		font-size: clamp(13px, calc(var(--tile, 76px) * 0.27), 26px); font-weight: 500; line-height: 1.3;
	}
	.sign { position: absolute; right: 6px; top: 6px; font-size: clamp(10px, calc(var(--tile, 76px) * 0.18), 16px); }
	&:is([data-mark$="2"], [data-mark$="3"]) .sign { display: block; }
}
.wall[many] {
	gap: 4px;
	.tile { border-radius: 5px; }
	.number { left: 3px; top: 1px; }
	.value { bottom: 1px; }
	.sign { right: 2px; top: 3px; }
	[testing]::before { left: auto; right: 3px; top: 1px; transform: none; font-size: 11px; line-height: 1.2; }
	[testing] .sign { display: none; }
}
.legend {
	gap: 8px 18px; margin-top: 14px;
	.measured { color: var(--text); font-weight: 500; }
	.tile { width: 28px; min-height: 24px; height: 24px; border-radius: 5px; cursor: default; }
	.sign { position: static; font-size: 12px; }
}
.strip {
	gap: 3px;
	i { height: 22px; display: flex; align-items: flex-end; }
	i::before {
		content: ""; width: 100%; height: 45%; border-radius: 2px; background: var(--fill, var(--quiet));
		border: 1px solid ${mix("text", "18%", "transparent")};
	}
	[data-mark="2"]::before { height: 72%; background: var(--high); border-color: transparent; }
	[data-mark="3"]::before { height: 100%; border-color: transparent; }
	[data-mark="offline"]::before { border: 1px dashed var(--faint); }
}
`

const FIGURES = `
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px 24px; }
.figure {
	min-width: 0;
	dt { font-size: 15px; margin-bottom: 2px; }
	dd {
		display: flex; align-items: baseline; gap: 6px; font-size: var(--numeral); line-height: 1.1;
		letter-spacing: -0.01em;
	}
	small { font-size: max(15px, 0.42em); letter-spacing: 0; }
	.note { font-size: 13px; min-height: 17px; }
}
.items { gap: 10px; }
.item {
	display: grid; grid-template-columns: auto 1fr auto; gap: 2px 12px; align-items: start; padding: 10px 12px;
	border-radius: 8px; background: var(--quiet); border-left: 5px solid var(--level, var(--rule));
	> .sign { font-size: 20px; margin-top: 3px; color: var(--level); }
	strong { line-height: 1.35; }
	.much { text-align: right; }
	.rest { grid-column: 2 / -1; line-height: 1.45; }
	.advice { color: var(--text); }
}
button.item { width: 100%; text-align: left; border-width: 0 0 0 5px; }
`

const CHART = `
.chart {
	display: block; width: 100%; overflow: visible;
	text { font-size: 13px; fill: var(--faint); }
	.grid { stroke: var(--rule); }
	.line { fill: none; stroke: ${mix("text", "38%", "transparent")}; stroke-width: 1.2; stroke-linejoin: round; }
	.bold { stroke: var(--text); stroke-width: 2.6; }
	.bad { stroke: var(--worse); stroke-width: 2.2; }
	.other { stroke: var(--low); stroke-width: 2.2; stroke-dasharray: 7 5; }
	.limit { stroke: var(--level, var(--faint)); stroke-width: 1.6; stroke-dasharray: 6 4; }
	.limit[data-level="alarm"] { stroke-dasharray: none; }
	.limit[data-level="ok"] { stroke-dasharray: 2 4; }
	.cursor { stroke: var(--accent); stroke-width: 2; }
	.dot { fill: var(--text); }
	.dot[data-unusable] { fill: none; stroke: var(--faint); stroke-width: 1.5; }
	.band { fill: ${mix("high", "24%", "transparent")}; }
	.bar { fill: var(--frame, ${mix("text", "34%")}); }
	.picked { fill: none; stroke: var(--accent); stroke-width: 2.5; }
}
`

const DIALOG = `
dialog {
	width: min(720px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); padding: 0; border: 0; border-radius: 16px;
	background: var(--ground); color: var(--text); overscroll-behavior: contain; box-shadow: 0 12px 48px #0006;
	--numeral: 32px;
	&::backdrop { background: #0000008c; }
	header { position: sticky; top: 0; z-index: 1; margin: 0; padding: 14px 14px 14px 22px; background: var(--ground); }
}
.inside {
	gap: 18px; padding: 4px 22px 22px;
	> :empty { margin-top: -18px; }
}
.actions { gap: 10px; }
.items + .actions { margin-top: 12px; }
`

export const SUMMARY = `
.panels {
	display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr));
	&:not(.alone) {
		.panel {
			gap: 10px; padding: 12px 16px; border: 1px solid var(--rule); border-radius: 12px; background: var(--ground);
			--numeral: 27px;
		}
		.both { gap: 10px; }
		.figures { grid-template-columns: repeat(4, auto); gap: 4px 12px; }
		.note, .rest, .alarms h3 { display: none; }
		.alarms { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 10px; }
		.alarms > header { order: 1; margin: 0; }
		.items { gap: 2px; }
		.well { padding: 8px 0; }
	}
}
.panel {
	min-width: 0; gap: 14px; --numeral: 38px;
	> header { margin: 0; gap: 8px 12px; min-height: 36px; }
	h2 { font-size: 22px; }
	.open { padding: 0; border: 0; background: none; text-align: left; font: inherit; }
	.state { font-size: 20px; }
}
.both { display: grid; gap: 14px; align-content: start; }
.alarms {
	> header { margin: 0 0 8px; }
	h3 { flex: 1; }
}
.well {
	display: flex; align-items: center; gap: 12px; padding: 12px 0; font-size: 16px; color: var(--good);
	.sign { font-size: 22px; }
}
.alone {
	grid-template-columns: minmax(0, 1fr);
	.figures { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
	.strip i { height: 40px; }
}
.fill {
	border: 0; border-radius: 0; box-shadow: none; background: none;
	min-height: calc(
		100dvh - var(--header-height, 56px) - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px)
	);
	.body { flex: 1; }
	.panels { flex: 1; align-content: start; }
}
@container (max-width: 520px) {
	.panels .panel .figures { grid-template-columns: 1fr 1fr; }
}
@container (max-width: 639px) {
	.alarms[data-any] { order: -1; }
}
@container (min-width: 640px) {
	.alone {
		.panel { --numeral: 44px; }
		h2 { font-size: 28px; }
		.state { font-size: 24px; }
		.both { grid-template-columns: minmax(0, 1.45fr) minmax(280px, 1fr); }
	}
	.fill .alone {
		align-content: stretch;
		.panel { height: 100%; }
		.both { flex: 1; min-height: 260px; align-content: stretch; }
		.cells { position: relative; overflow: auto; }
		.wall { position: absolute; inset: 3px; grid-auto-rows: minmax(44px, 150px); }
		.tile { min-height: 44px; }
		.alarms { display: flex; flex-direction: column; }
		.items { flex: 1 1 0; overflow: auto; }
	}
}
@container (min-width: 860px) {
	.alone {
		.panel { --numeral: 52px; }
		.both { gap: 24px; }
	}
}
`

export const REPLAY = `
.replay { display: grid; gap: 20px; --numeral: 28px; }
.list {
	align-items: stretch; overflow: auto; padding: 3px;
	button { flex: none; display: grid; gap: 2px; min-height: 64px; padding: 8px 14px; text-align: left; }
	[aria-pressed="true"] { border: 2px solid var(--text); padding: 7px 13px; }
}
.main { display: grid; gap: 16px; min-width: 0; }
input { width: calc(100% - 66px); height: 44px; margin: 0 4px 0 52px; accent-color: var(--accent); }
.keys {
	gap: 6px 20px;
}
@container (min-width: 900px) {
	.replay { grid-template-columns: 250px minmax(0, 1fr); }
	.list { flex-direction: column; max-height: 640px; }
}
`

/** @type {Map<string, CSSStyleSheet>} */
const made = new Map()

export function sheet(css = COLOURS + FRAME + WALL + FIGURES + CHART + DIALOG) {
	const one = made.get(css) ?? new CSSStyleSheet()
	if (!made.has(css)) one.replaceSync(css)
	made.set(css, one)
	return one
}
