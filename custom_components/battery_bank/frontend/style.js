// How it all looks. Colours are Home Assistant's, but for what a battery says: blue is too low, amber and vermilion too high or bad, which people tell apart whatever colours they see. None of them stands alone: a warning is a tint with a frame and a sign, an alarm is solid and hatched, with a double sign.

const COLOURS = `
:host {
  --text: var(--primary-text-color, #1b1d21);
  --faint: var(--secondary-text-color, #5d646d);
  --ground: var(--ha-card-background, var(--card-background-color, #fff));
  --rule: var(--divider-color, rgba(0, 0, 0, 0.12));
  --accent: var(--primary-color, #03a9f4);
  --good: #00795a;
  --high: #e69f00;
  --worse: #b8430a;
  --low: #3b8fd0;
  --lower: #005a94;
  --tint: 34%;
  --quiet: color-mix(in srgb, var(--text) 6%, var(--ground));
  display: block;
  color: var(--text);
  font-variant-numeric: tabular-nums;
  -webkit-tap-highlight-color: transparent;
}
:host([dark]) {
  --good: #3fc79a;
  --high: #f0b429;
  --worse: #cf4a17;
  --low: #6bb5ec;
  --lower: #1673b8;
  --tint: 30%;
  --quiet: color-mix(in srgb, var(--text) 9%, var(--ground));
}
[data-mark="1"] { --fill: color-mix(in srgb, var(--high) 14%, var(--quiet)); }
[data-mark="-1"] { --fill: color-mix(in srgb, var(--low) 14%, var(--quiet)); }
[data-mark="2"] { --fill: color-mix(in srgb, var(--high) var(--tint), var(--ground)); --frame: var(--high); }
[data-mark="-2"] { --fill: color-mix(in srgb, var(--low) var(--tint), var(--ground)); --frame: var(--low); }
[data-mark="3"] { --fill: var(--worse); --frame: var(--worse); --ink: #fff; --hatch: rgba(0, 0, 0, 0.16); }
[data-mark="-3"] { --fill: var(--lower); --frame: var(--lower); --ink: #fff; --hatch: rgba(0, 0, 0, 0.16); }
[data-mark="lost"] {
  --fill: transparent;
  --ink: var(--faint);
  --hatch: color-mix(in srgb, var(--faint) 22%, transparent);
}
`;

const FRAME = `
* { box-sizing: border-box; }
h2, h3, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
[hidden] { display: none !important; }
.card {
  container-type: inline-size;
  background: var(--ground);
  border: var(--ha-card-border-width, 1px) solid var(--ha-card-border-color, var(--rule));
  border-radius: var(--ha-card-border-radius, 12px);
  box-shadow: var(--ha-card-box-shadow, none);
  padding: 16px;
}
header { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; min-height: 44px; margin-bottom: 12px; }
header:not(:has(> :not(:empty, [hidden]))) { display: none; }
h2 { flex: 1 1 auto; font-size: 20px; font-weight: 500; line-height: 1.25; }
h3 { font-size: 16px; font-weight: 500; }
.tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.tools:empty { display: none; }
.notice {
  display: flex; align-items: center; justify-content: space-between; gap: 12px;
  margin-bottom: 12px; padding: 10px 14px; border-radius: 8px; border-left: 5px solid var(--high);
  background: color-mix(in srgb, var(--high) 18%, var(--ground)); font-size: 16px; line-height: 1.35;
}
.body { transition: opacity 0.2s; }
:host([old]) .body, :host([old]) dialog .inside > :not(.notice) { filter: grayscale(1); opacity: 0.5; }
.empty { padding: 24px 0; color: var(--faint); font-size: 16px; line-height: 1.5; }
button, select {
  min-height: 44px; min-width: 44px; padding: 0 16px; border-radius: 8px; cursor: pointer;
  border: 1px solid var(--rule); background: var(--quiet); color: var(--text); font: inherit; font-size: 15px;
}
button:hover, select:hover { background: color-mix(in srgb, var(--text) 12%, var(--ground)); }
button:disabled { opacity: 0.5; cursor: default; }
button.main { border-color: transparent; background: var(--text); color: var(--ground); font-weight: 500; }
button.bare { border-color: transparent; background: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.choice { display: inline-flex; border: 1px solid var(--rule); border-radius: 8px; overflow: hidden; }
.choice button { border: 0; border-radius: 0; background: none; padding: 0 12px; }
.choice button + button { border-left: 1px solid var(--rule); }
.choice [aria-pressed="true"] { background: var(--text); color: var(--ground); }
.choice :focus-visible { outline-offset: -4px; }
@container (max-width: 520px) {
  .tools:has(.choice), .choice { width: 100%; }
  .choice button { flex: 1 1 auto; padding: 0 6px; font-size: 14px; line-height: 1.2; }
}
.faint { color: var(--faint); }
.small { font-size: 14px; line-height: 1.4; }
`;

const SIGNS = `
.sign { display: inline-block; flex: none; width: 0.8em; height: 0.8em; background: currentColor; clip-path: none; }
.sign:not([data-sign]) { display: none; }
.sign[data-sign="ok"] { clip-path: polygon(10% 50%, 22% 38%, 42% 58%, 82% 16%, 94% 28%, 42% 82%); }
.sign[data-sign="warning"] { clip-path: polygon(50% 6%, 100% 94%, 0 94%); }
.sign[data-sign="alarm"] { clip-path: polygon(50% 0, 100% 50%, 50% 100%, 0 50%); }
.sign[data-sign="note"] { clip-path: circle(28%); }
.badge {
  display: inline-flex; align-items: center; gap: 8px; min-height: 36px; padding: 0 14px; border-radius: 18px;
  font-size: 16px; font-weight: 500; white-space: nowrap; border: 2px solid var(--rule);
}
.badge[data-level="ok"] { color: var(--good); border-color: currentColor; }
.badge[data-level="warning"] {
  border-color: var(--high); background: color-mix(in srgb, var(--high) var(--tint), var(--ground));
}
.badge[data-level="alarm"] { border-color: var(--worse); background: var(--worse); color: #fff; }
.chip { padding: 2px 10px; border-radius: 6px; background: var(--quiet); font-size: 14px; white-space: nowrap; }
`;

const WALL = `
.wall { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 6px; }
.wall[many] { gap: 4px; }
.wall [role="row"] { display: contents; }
.tile {
  position: relative; display: flex; align-items: flex-end; justify-content: center; overflow: hidden;
  min-height: max(44px, min(88px, calc(var(--tile, 76px) * 0.82))); padding: 4px; border-radius: 8px; cursor: pointer;
  contain: layout paint style; color: var(--ink, var(--text));
  border: 2px solid var(--frame, transparent);
  background:
    repeating-linear-gradient(135deg, var(--hatch, transparent) 0 5px, transparent 5px 11px),
    var(--fill, var(--quiet));
}
.wall[many] .tile { padding: 1px; border-radius: 5px; }
.tile:focus-visible { z-index: 1; outline-offset: 1px; }
.tile[data-mark="lost"] { border-style: dashed; border-color: var(--faint); }
.tile[testing]::before {
  content: "Ω"; position: absolute; left: 50%; top: 3px; transform: translateX(-50%);
  font-size: 14px; line-height: 18px; font-weight: 700;
}
.tile .number {
  position: absolute; left: 7px; top: 4px; font-size: clamp(10px, calc(var(--tile, 76px) * 0.17), 15px);
  line-height: 1.1; opacity: 0.78;
}
.wall[many] .number { left: 3px; top: 1px; }
.wall[many] .tile[testing]::before { left: auto; right: 3px; top: 1px; transform: none; font-size: 11px; line-height: 1.2; }
.wall[many] .tile[testing] .sign { display: none; }
.tile .value {
  font-size: clamp(13px, calc(var(--tile, 76px) * 0.27), 26px); font-weight: 500; line-height: 1.3; white-space: nowrap;
}
.tile .sign { position: absolute; right: 6px; top: 6px; font-size: clamp(10px, calc(var(--tile, 76px) * 0.18), 16px); }
.wall[many] .tile .sign { right: 2px; top: 3px; }
[data-mark="2"] > .sign, [data-mark="3"] > .sign, [data-mark="-2"] > .sign, [data-mark="-3"] > .sign { display: block; }
[data-mark="2"] > .sign { clip-path: polygon(50% 10%, 100% 90%, 0 90%); }
[data-mark="-2"] > .sign { clip-path: polygon(50% 90%, 100% 10%, 0 10%); }
[data-mark="3"] > .sign {
  clip-path: polygon(50% 0, 100% 50%, 72% 50%, 100% 100%, 0 100%, 28% 50%, 0 50%);
}
[data-mark="-3"] > .sign {
  clip-path: polygon(50% 100%, 100% 50%, 72% 50%, 100% 0, 0 0, 28% 50%, 0 50%);
}
[data-plain] [data-mark="2"] > .sign { clip-path: polygon(50% 6%, 100% 94%, 0 94%); }
[data-plain] [data-mark="3"] > .sign { clip-path: polygon(50% 0, 100% 50%, 50% 100%, 0 50%); }
.legend { display: flex; flex-wrap: wrap; gap: 8px 18px; margin-top: 14px; font-size: 14px; color: var(--faint); }
.legend li { display: flex; align-items: center; gap: 8px; }
.legend .measured { color: var(--text); font-weight: 500; }
.legend .tile {
  width: 28px; min-height: 24px; height: 24px; border-radius: 5px; padding: 0; cursor: default; align-items: center;
}
.legend .tile .sign { position: static; font-size: 12px; }
.strip { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 3px; }
.strip i { height: 22px; display: flex; align-items: flex-end; }
.strip i::before { content: ""; width: 100%; height: 45%; border-radius: 2px; background: var(--fill, var(--quiet));
  border: 1px solid color-mix(in srgb, var(--text) 18%, transparent); }
.strip [data-mark="2"]::before { height: 72%; background: var(--high); border-color: transparent; }
.strip [data-mark="3"]::before { height: 100%; border-color: transparent; }
.strip [data-mark="lost"]::before { border: 1px dashed var(--faint); }
`;

const FIGURES = `
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px 24px; }
.figure { min-width: 0; }
.figure dt { font-size: 15px; color: var(--faint); margin-bottom: 2px; white-space: nowrap; }
.figure dd { display: flex; align-items: baseline; gap: 6px; font-size: var(--numeral, 34px); line-height: 1.1;
  font-weight: 400; letter-spacing: -0.01em; white-space: nowrap; }
.figure dd small { font-size: max(15px, 0.42em); color: var(--faint); letter-spacing: 0; }
.figure .note { font-size: 13px; color: var(--faint); min-height: 17px; }
.items { display: flex; flex-direction: column; gap: 10px; }
.item {
  display: grid; grid-template-columns: auto 1fr auto; gap: 2px 12px; align-items: start; padding: 10px 12px;
  border-radius: 8px; background: var(--quiet); border-left: 5px solid var(--rule);
}
.item[data-level="warning"] { border-left-color: var(--high); }
.item[data-level="alarm"] { border-left-color: var(--worse); }
.item[data-level="warning"] > .sign { color: var(--high); }
.item[data-level="alarm"] > .sign { color: var(--worse); }
.item > .sign { font-size: 20px; margin-top: 3px; }
.item strong { font-size: 16px; font-weight: 500; line-height: 1.35; }
.item .much { font-size: 16px; text-align: right; white-space: nowrap; }
.item .rest { grid-column: 2 / -1; font-size: 14px; line-height: 1.45; color: var(--faint); }
.item .advice { color: var(--text); }
button.item { width: 100%; height: auto; text-align: left; border-width: 0 0 0 5px; }
`;

const CHART = `
.chart { display: block; width: 100%; overflow: visible; }
.chart text { font-size: 13px; fill: var(--faint); font-family: inherit; }
.chart .grid { stroke: var(--rule); stroke-width: 1; }
.chart .line { fill: none; stroke: color-mix(in srgb, var(--text) 38%, transparent); stroke-width: 1.2;
  stroke-linejoin: round; }
.chart .bold { stroke: var(--text); stroke-width: 2.6; }
.chart .bad { stroke: var(--worse); stroke-width: 2.2; }
.chart .other { stroke: var(--low); stroke-width: 2.2; stroke-dasharray: 7 5; }
.chart .limit { stroke-width: 1.6; stroke-dasharray: 6 4; }
.chart .limit[data-level="warning"] { stroke: var(--high); }
.chart .limit[data-level="alarm"] { stroke: var(--worse); stroke-dasharray: none; }
.chart .limit[data-level="ok"] { stroke: var(--faint); stroke-dasharray: 2 4; }
.chart .cursor { stroke: var(--accent); stroke-width: 2; }
.chart .dot { fill: var(--text); }
.chart .dot[data-unusable] { fill: none; stroke: var(--faint); stroke-width: 1.5; }
.chart .band { fill: color-mix(in srgb, var(--high) 24%, transparent); stroke: none; }
.chart .bar { fill: color-mix(in srgb, var(--text) 34%, var(--ground)); }
.chart .bar[data-mark="1"] { fill: color-mix(in srgb, var(--high) 45%, var(--quiet)); }
.chart .bar[data-mark="2"] { fill: var(--high); }
.chart .bar[data-mark="3"] { fill: var(--worse); }
.chart .picked { fill: none; stroke: var(--accent); stroke-width: 2.5; }
`;

const DIALOG = `
dialog {
  width: min(720px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); padding: 0; border: 0; border-radius: 16px;
  background: var(--ground); color: var(--text); overflow: auto; overscroll-behavior: contain;
  box-shadow: 0 12px 48px rgba(0, 0, 0, 0.4);
}
dialog::backdrop { background: rgba(0, 0, 0, 0.55); }
dialog header { position: sticky; top: 0; z-index: 1; margin: 0; padding: 14px 14px 14px 22px; background: var(--ground); }
dialog .inside { display: flex; flex-direction: column; gap: 18px; padding: 4px 22px 22px; }
dialog .inside > :empty { margin-top: -18px; }
dialog .actions { display: flex; flex-wrap: wrap; gap: 10px; }
dialog .figures { --numeral: 32px; }
`;

export const SUMMARY = `
.panels { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }
.panel { min-width: 0; display: flex; flex-direction: column; gap: 14px; --numeral: 38px; }
.panel > header { margin: 0; gap: 8px 12px; min-height: 36px; }
.panel h2 { font-size: 22px; }
.panel .open { padding: 0; border: 0; background: none; text-align: left; font: inherit; font-weight: 500; }
.panel .state { font-size: 20px; }
.panel[old] > .figures, .panel[old] > .both { filter: grayscale(1); opacity: 0.5; }
.both { display: grid; gap: 14px; align-content: start; }
.alarms > header { margin: 0 0 8px; }
.alarms h3 { flex: 1; }
.well { display: flex; align-items: center; gap: 12px; padding: 12px 0; font-size: 16px; color: var(--good); }
.well .sign { font-size: 22px; }
.alone { grid-template-columns: minmax(0, 1fr); }
.alone .figures { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.alone .strip i { height: 40px; }
.panels:not(.alone) .panel {
  gap: 10px; padding: 12px 16px; border: 1px solid var(--rule); border-radius: 12px; background: var(--ground);
  --numeral: 27px;
}
.panels:not(.alone) .both { gap: 10px; }
.panels:not(.alone) .figures { grid-template-columns: repeat(4, auto); gap: 4px 12px; }
.panels:not(.alone) .note, .panels:not(.alone) .rest, .panels:not(.alone) .alarms h3 { display: none; }
.panels:not(.alone) .alarms { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 10px; }
.panels:not(.alone) .alarms > header { order: 1; margin: 0; }
.panels:not(.alone) .items { gap: 2px; }
.panels:not(.alone) .well { padding: 8px 0; }
:host([fill]) .card {
  border: 0; border-radius: 0; box-shadow: none; background: none; display: flex; flex-direction: column;
  min-height: calc(100dvh - var(--header-height, 56px) - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px));
}
:host([fill]) .body { flex: 1; display: flex; flex-direction: column; }
:host([fill]) .panels { flex: 1; align-content: start; }
@container (max-width: 520px) {
  .panels .panel .figures { grid-template-columns: 1fr 1fr; }
}
@container (max-width: 639px) {
  .alarms[data-any] { order: -1; }
}
@container (min-width: 640px) {
  .alone .panel { --numeral: 44px; }
}
@container (min-width: 860px) {
  .alone .panel { --numeral: 52px; }
  .alone .both { gap: 24px; }
}
@container (min-width: 640px) {
  .alone h2 { font-size: 28px; }
  .alone .state { font-size: 24px; }
  .alone .both { grid-template-columns: minmax(0, 1.45fr) minmax(280px, 1fr); }
  :host([fill]) .alone { align-content: stretch; }
  :host([fill]) .alone .panel { height: 100%; }
  :host([fill]) .alone .both { flex: 1; min-height: 260px; align-content: stretch; }
  :host([fill]) .alone .cells { position: relative; overflow: auto; }
  :host([fill]) .alone .wall { position: absolute; inset: 3px; grid-auto-rows: minmax(44px, 150px); }
  :host([fill]) .alone .tile { min-height: 44px; }
  :host([fill]) .alone .alarms { display: flex; flex-direction: column; }
  :host([fill]) .alone .items { flex: 1 1 0; overflow: auto; }
}
`;

export const REPLAY = `
.replay { display: grid; gap: 20px; }
.replay .list { display: flex; gap: 8px; overflow: auto; padding: 3px; }
.replay .list button { flex: none; display: grid; gap: 2px; min-height: 64px; padding: 8px 14px; text-align: left; }
.replay .list [aria-pressed="true"] { border: 2px solid var(--text); padding: 7px 13px; }
.replay .list strong { font-weight: 500; }
.replay .main { display: grid; gap: 16px; min-width: 0; }
.replay input[type="range"] { width: calc(100% - 66px); height: 44px; margin: 0 4px 0 52px; accent-color: var(--accent); }
.replay .figures { --numeral: 28px; }
.keys { display: flex; flex-wrap: wrap; gap: 6px 20px; font-size: 14px; color: var(--faint); }
.keys li { display: flex; gap: 8px; align-items: center; }
@container (min-width: 900px) {
  .replay { grid-template-columns: 250px minmax(0, 1fr); }
  .replay .list { flex-direction: column; max-height: 640px; }
}
`;

/** @type {Map<string, CSSStyleSheet>} */
const made = new Map();

/** Return the sheet that all cards share, or that of one kind of card. */
export function sheet(css = COLOURS + FRAME + SIGNS + WALL + FIGURES + CHART + DIALOG) {
	const one = made.get(css) ?? new CSSStyleSheet();
	if (!made.has(css)) one.replaceSync(css);
	made.set(css, one);
	return one;
}
