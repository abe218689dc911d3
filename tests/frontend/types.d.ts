// Types of the cards, known to all of their files; only tsc reads them.
// First what the integration sends: times are s since 1970, null is what is not measured or not known.

type Level = "ok" | "warning" | "alarm";
type Contact = "answering" | "lost" | "unknown";

interface Line {
	id: string;
	name: string;
	down: string | null;
	loaded: boolean;
	round_time: number | null;
	alarms: number;
}

interface Alarm {
	id: string | number;
	kind: string;
	name: string;
	level: Level;
	battery: number | null;
	batteries?: number[];
	value: number | null;
	value_now?: number | null;
	value_at?: number | null;
	worst_value?: number | null;
	worst_at?: number | null;
	limit: number | null;
	unit: string;
	since: number | string;
	what_to_do: string;
	acknowledged_by: string | null;
	drill?: boolean;
}

interface PastAlarm extends Partial<Alarm> {
	kind: string;
	raised: number | null;
	cleared: number | null;
	worst?: number | null;
	acknowledged?: number | null;
}

interface Limit {
	warning: number;
	alarm: number;
	unit: string;
}

interface Battery {
	id: string;
	number: number;
	address: number;
	device_id: string | null;
	name: string;
}

interface Cells {
	voltage: (number | null)[];
	deviation: (number | null)[];
	resistance: (number | null)[];
	ratio: (number | null)[];
	temperature: (number | null)[];
	rise: (number | null)[];
	level: Level[];
	contact: Contact[];
	testing: boolean[];
	risk: (string | null)[];
}

interface Values {
	state: string | null;
	level: Level | null; // null: nobody answers
	current: number | null;
	voltage: number | null;
	ambient: number | null;
	mean_temperature: number | null;
	state_of_charge: number | null;
	remaining_time: number | null;
	remaining_time_low?: number | null;
	remaining_time_high?: number | null;
	remaining_time_estimated?: boolean;
	limiting_battery: number | null;
	weakest_battery: number | null;
	health: number | null;
	capacity: number | null;
	next_resistance_test?: number | string | null;
}

interface BankString {
	id: string;
	line: string;
	name: string;
	device_id: string | null;
	chemistry: string;
	nominal_voltage: number;
	cells_per_battery: number;
	capacity: number;
	installed: string | number | null;
	measures: { current: boolean; resistance: boolean; temperature: boolean; ambient: boolean };
	limits: Record<string, Limit>;
	batteries: Battery[];
	values: Values;
	cells: Cells;
	alarms: Alarm[];
}

interface StringUpdate {
	id: string;
	values?: Partial<Values>;
	cells?: Record<string, Record<string, unknown>>;
	alarms?: Alarm[];
}

type Message =
	| { kind: "snapshot"; version: string; at: number; lines: Line[]; strings: BankString[] }
	| { kind: "update"; at: number; lines?: Line[]; strings?: StringUpdate[] };

/** What moved in a string: everything, or some values and cells. */
interface Moved {
	all: boolean;
	values: boolean;
	alarms: boolean;
	cells: Set<number>;
}

/** What a message changed. `strings` is null where all did. */
interface Change {
	lines: boolean;
	strings: Map<string, Moved> | null;
}

interface BatteryDetail {
	number: number;
	serial: string | null;
	entities: Record<string, string>;
	values: Record<string, number | string | null>;
	baseline: { kind: string; value_mohm: number; at: number | null } | null;
	tests: [number, number, boolean][];
	trend: {
		slope: number | null;
		forecast: { warning: [number, number] | null; alarm: [number, number] | null } | null;
	} | null;
	limits: { warning_mohm: number; alarm_mohm: number } | null;
	alarms: Alarm[];
	replacements: { at: number; serial?: string | null; note?: string | null }[];
}

interface Resistances {
	batteries: {
		id: string;
		number: number;
		baseline_mohm: number | null;
		value_mohm: number | null;
		ratio: number | null;
		at: number | null;
	}[];
	limits: { warning: number; alarm: number };
}

interface Discharge {
	start: number;
	end: number | null;
	drawn: number | null;
	energy: number | null;
	start_voltage: number | null;
	end_voltage: number | null;
	lowest_battery: number | null;
	lowest_voltage: number | null;
	first_below: number | null;
	capacity: number | null;
	interrupted: boolean;
	has_curve: boolean;
}

type Point = [number, number, number | null];

interface Curve {
	start: number;
	curves: { battery: string | null; points: Point[] }[];
	limits: { end_voltage: number };
}

interface CardConfig {
	type: string;
	string?: string;
	quantity?: string;
	compact?: boolean;
	fill?: boolean;
	links?: boolean;
}

/** As much of Home Assistant's connection and `hass` as the cards use. */
interface Connection {
	connected: boolean;
	subscribeMessage(
		callback: (message: any) => void,
		message: object,
		options?: { resubscribe?: boolean },
	): Promise<() => Promise<void> | void>;
	sendMessagePromise(message: object): Promise<any>;
	addEventListener(event: string, listener: () => void): void;
	removeEventListener(event: string, listener: () => void): void;
}

interface Hass {
	connection: Connection;
	callService(domain: string, service: string, data: object): Promise<unknown>;
	language: string;
	locale: { language: string; number_format?: string; time_format?: string; time_zone?: string };
	config: { time_zone?: string; unit_system?: { temperature?: string } };
	themes: { darkMode?: boolean };
}

// What the cards have among themselves.

type Format = import("../../custom_components/battery_bank/dashboard/cards/format.js").Format;
type Texts = import("../../custom_components/battery_bank/dashboard/cards/texts.js").Texts;
type Card = import("../../custom_components/battery_bank/dashboard/cards/card.js").Card;
type State = import("../../custom_components/battery_bank/dashboard/cards/state.js").State;
type Wall = import("../../custom_components/battery_bank/dashboard/cards/wall.js").Wall;

type Maybe = number | null | undefined;
type Say = (key: string, values?: Record<string, string | number>) => string;
type Unlisten = () => Promise<void> | void;
type Timer = ReturnType<typeof setTimeout> | undefined;

/** What an element is made of: children, lists of them, and its attributes and listeners. */
type Part = Node | string | number | boolean | null | undefined | Part[] | { [name: string]: unknown };
type Tag<T extends string> = T extends `${infer Name}.${string}` ? Name : T;
type Made<T extends string> = Tag<T> extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Tag<T>] : HTMLElement;
type Make = <T extends string>(tag: T, ...parts: Part[]) => Made<T>;

type Status = "waiting" | "live" | "stale" | "lost" | "unavailable";

/** How far from normal: 1 is half way to the limit, 2 beyond that of the warning, 3 that of the alarm; < 0 too low. */
type Mark = -3 | -2 | -1 | 0 | 1 | 2 | 3 | "offline";

interface Quantity {
	/** What it is called, as a key of the texts. */
	name: string;
	exists(string: BankString): boolean;
	cell(string: BankString): "voltage" | "deviation" | "ratio" | "rise" | "temperature";
	/** With its unit, after a space that holds them together. */
	long(value: number | null, format: Format, string: BankString): string;
	limit(string: BankString): Limit | undefined;
	normal?: number;
	/** Whether it can be too low as well. */
	low?: boolean;
}

type OfBattery<T> = (key: string, string: BankString, index: number) => T;
type ValueText = (key: string, string: BankString, index: number, format: Format) => string;
/** From low to high. */
type Legend = (key: string, string: BankString, format: Format, texts: Texts) => { mark: Mark; text: string }[];
/** A battery in words, for who can't see its tile. */
type Described = (key: string, string: BankString, index: number, format: Format, texts: Texts) => string;
/** In about so many steps. */
type Ticks = (min: number, max: number, count: number) => number[];
/** Null before the curve begins and after it ends. */
type VoltageAt = (points: Point[], at: number) => number | null;
/** How a battery looks; from `apart` V below the mean on it is away from the others. */
type MarkAt = (voltage: number | null, mean: number | null, end: number, apart: number) => Mark;
type TrendChart = (detail: BatteryDetail, width: number, format: Format, texts: Texts, now: number) => SVGElement;
type ReplayChart = (
	played: Played,
	width: number,
	format: Format,
	texts: Texts,
) => { element: Element; keys: Element[]; length: number; move(at: number): void };
/** By how much each key moves the focus; `whole` is from one end of the wall to the other. */
type Steps = (columns: number, current: number, count: number, whole: boolean) => Record<string, number>;
type Paint = (wall: Wall, key: string, string: BankString, which: Iterable<number>, card: Card) => void;

type Reason =
	| { key: "no_answer" }
	| { key: "alarm"; alarm: Alarm }
	| { key: "risk"; risk: string }
	| { key: "deviation" | "ratio" | "rise"; value: number };

interface Ranked {
	index: number;
	score: number;
	reasons: Reason[];
}

interface Axis {
	min: number;
	max: number;
	text(value: number): string;
	ticks?: number[];
}

/** x and y, and whatever else. */
type At = { 0: number; 1: number };

type MakeChart = (width: number, height: number, across: Axis, up: Axis, label: string) => Chart;

interface Chart {
	element: SVGElement;
	x(value: number): number;
	y(value: number): number;
	/** px */
	top: number;
	height: number;
	step: number;
	add(tag: string, ...parts: Part[]): SVGElement;
	path(points: readonly At[]): string;
	line(points: readonly At[], name?: string): SVGElement;
	/** A line across, with its name above it. */
	limit(value: number, level: string, name: string, left?: boolean): void;
	limits(warning: number, alarm: number, say: Say, text: (value: number) => string): void;
}

interface Feed {
	state: State;
	status: Status;
	/** When the last message came, in s since 1970. */
	updated: number | null;
	/** Call back at each change, and once now; returns what ends that. */
	listen(listener: (change: Change) => unknown): () => void;
	/** Wait for the state; null if that takes too long, in ms. */
	known(patience: number): Promise<State | null>;
}

interface Played {
	string: BankString;
	curve: Curve;
	other?: Curve;
	/** The battery that is looked at. */
	picked: string | null;
}
