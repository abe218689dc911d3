/**
 * What the integration sends: the messages of the feed, and the answers to the other commands of `websocket_api.py`.
 * Times are in s since 1970; null is a value that is not measured or unknown. A test compares the types with the payload that the
 * tests of the integration record.
 */

import type { Flowing } from "./flow.ts";

export type Level = "ok" | "warning" | "alarm";
/** What a user may do with a battery or string. */
export type Operation = "acknowledge" | "start_resistance_test" | "blink";
export type Contact = "answering" | "lost" | "unknown";

export interface Line {
	id: string;
	name: string;
	/** Why the line can't be used, as a key of the texts `down.…` or in words; null while it works. */
	down: string | null;
	/** Whether its config entry is set up. */
	loaded: boolean;
	/** s */
	round_time: number | null;
	alarms: number;
	/** Whether events and states can't be written at the moment. */
	journal_failing: boolean;
}

export interface Alarm {
	id: string;
	kind: string;
	name: string;
	level: Level;
	/** The name of its string. */
	string: string;
	/** The number of its battery; null if it is of the whole string, or of several batteries. */
	battery: number | null;
	/** The numbers of the batteries, if one cause concerns several. */
	batteries: number[];
	/** The value with which it was raised. */
	value: number | null;
	/** The value now, and its time; null if there is none. */
	value_now: number | null;
	value_at: number | null;
	worst_value: number | null;
	worst_at: number | null;
	/** Since when it has its level, if it was raised with another one or had another one since; null if not. */
	level_since: number | null;
	/** Since when the cause of a latched alarm is gone, which stays until it is acknowledged; null if it does not. */
	gone_since: number | null;
	limit: number | null;
	unit: string;
	since: number;
	what_to_do: string;
	acknowledged: number | null;
	/** The name of the person; null until it is acknowledged. */
	acknowledged_by: string | null;
	/** What that person noted, or another one later. */
	note: string | null;
	/** When the note was changed after the acknowledgement, and by whom; null if it was not. */
	noted: number | null;
	noted_by: string | null;
	/** Whether it is a test alarm. */
	drill: boolean;
}

/** A value beyond a limit, whose alarm waits for its delay. */
export interface Pending {
	kind: string;
	/** The number of its battery; null if it is of the whole string. */
	battery: number | null;
	/** The level that the value has now. */
	level: Level;
	since: number;
	/** When the alarm is raised; null if that is unknown. */
	due: number | null;
}

export interface PastAlarm extends Alarm {
	worst: Level;
	raised: number;
	cleared: number | null;
}

export interface Limit {
	warning: number;
	alarm: number;
	unit: string;
	/** Whether values are judged by it at the moment. */
	applies: boolean;
}

export interface Battery {
	id: string;
	number: number;
	/** Modbus address. */
	address: number;
	device_id: string | null;
	name: string | null;
}

/** One column for each quantity, one row for each battery. */
export interface Cells {
	/** V */
	voltage: (number | null)[];
	/** V from the string's */
	deviation: (number | null)[];
	/** mΩ */
	resistance: (number | null)[];
	/** Of the baseline. */
	ratio: (number | null)[];
	/** °C */
	temperature: (number | null)[];
	/** K above the room */
	rise: (number | null)[];
	level: Level[];
	contact: Contact[];
	testing: boolean[];
	risk: (string | null)[];
}

export interface Values {
	state: string | null;
	/** Null while no battery is online and there is no alarm. */
	level: Level | null;
	/** Of the module of the string; null without one. */
	string_module: Contact | null;
	/** A */
	current: number | null;
	/** V */
	voltage: number | null;
	highest_voltage: number | null;
	highest_battery: number | null;
	lowest_voltage: number | null;
	lowest_battery: number | null;
	voltage_spread: number | null;
	/** °C */
	ambient: number | null;
	mean_temperature: number | null;
	highest_temperature: number | null;
	hottest_battery: number | null;
	/** % */
	state_of_charge: number | null;
	/** s */
	remaining_time: number | null;
	/** The range of the remaining time, s. */
	remaining_time_low: number | null;
	remaining_time_high: number | null;
	/** Whether it is calculated from figures of the type and not from recorded discharges. */
	remaining_time_estimated: boolean;
	limiting_battery: number | null;
	limiting_remaining_time: number | null;
	weakest_battery: number | null;
	/** % */
	health: number | null;
	/** Ah */
	capacity: number | null;
	/** % */
	health_capacity: number | null;
	next_resistance_test: number | null;
	resistance_test_progress: number | null;
	last_discharge: number | null;
	/** s */
	last_discharge_duration: number | null;
	/** When the discharge under way began, and Ah drawn since then; null without one. */
	discharge_start: number | null;
	discharge_drawn: number | null;
	/** s of the discharge under way whose Ah are counted; null if some of the Ah are not known. */
	discharge_measured: number | null;
	/** The battery that is below the end voltage now; null without one. */
	below: number | null;
	/** The battery that was the first below the end voltage in the discharge under way, and when; null without one. */
	first_below: number | null;
	first_below_at: number | null;
	/** % */
	life_used: number | null;
	end_of_life: number | null;
}

export interface Measures {
	current: boolean;
	resistance: boolean;
	temperature: boolean;
	ambient: boolean;
}

/** Voltages are of a battery, V; rises in K; resistances of the baseline or of the string. */
export type LimitKey =
	| "voltage_high"
	| "voltage_low"
	| "deviation"
	| "deviation_discharge"
	| "temperature_rise"
	| "temperature_high"
	| "resistance_baseline"
	| "resistance_string"
	| "ambient_high"
	| "ambient_low";

/** How the batteries stand; `turning` orders number each second tier from the right. */
export interface Rack {
	per_tier: number;
	/** Of a row. */
	tiers: number;
	order: "from_bottom" | "from_top" | "from_bottom_turning" | "from_top_turning";
}

export interface BankString {
	id: string;
	/** The id of its line. */
	line: string;
	name: string;
	device_id: string | null;
	chemistry: string;
	/** V, of a battery */
	nominal_voltage: number;
	cells_per_battery: number;
	/** How many decimals of a resistance in mΩ its modules resolve. */
	milliohm_decimals: number;
	/** Ah */
	capacity: number;
	/** A, up to which a current counts as none. */
	dead_band: number;
	/** ISO date */
	installed: string | null;
	/** Null if the form of the string does not have it. */
	rack: Rack | null;
	measures: Measures;
	limits: Record<LimitKey, Limit>;
	batteries: Battery[];
	values: Values;
	cells: Cells;
	alarms: Alarm[];
	pending: Pending[];
	/** What the user may do. */
	may: Operation[];
	/** Not sent: the page follows it, see `flowAfter`. */
	flow?: Flowing | undefined;
}

export interface Snapshot {
	kind: "snapshot";
	/** Of the integration, and of the files of the cards. */
	version: string;
	at: number;
	lines: Line[];
	strings: BankString[];
}

/** The cells that changed, by the index of the battery. */
export type CellChanges = { [Key in keyof Cells]?: Record<string, Cells[Key][number]> };

export interface StringUpdate {
	id: string;
	values?: Partial<Values>;
	cells?: CellChanges;
	alarms?: Alarm[];
	pending?: Pending[];
}

export interface Update {
	kind: "update";
	at: number;
	lines: Line[];
	strings: StringUpdate[];
}

export type Message = Snapshot | Update;

/** When a limit is reached: at the earliest, and at the latest. */
export type Between = [number, number];

/** Time, mΩ, and whether the test is good enough for the trend. */
export type Test = [number, number, boolean];

export interface BatteryDetail {
	number: number;
	asset: Asset;
	/** Entity ids by the key of the entity. */
	entities: Record<string, string>;
	/** What the user may do. */
	may: Operation[];
	values: Record<string, number | string | null>;
	baseline: { kind: string; value_mohm: number; at: number | null } | null;
	tests: Test[];
	trend: {
		/** 1/a */
		slope: number | null;
		low: number | null;
		high: number | null;
		forecast: { warning: Between | null; alarm: Between | null };
	} | null;
	limits: { warning_mohm: number; alarm_mohm: number } | null;
	alarms: Alarm[];
	replacements: Replacement[];
}

/** The battery itself, and its module. */
export interface Asset {
	maker: string | null;
	type: string | null;
	serial: string | null;
	/** ISO date */
	installed: string | null;
	module: string;
	firmware: string | null;
}

export interface Replacement {
	at: number;
	by: string | null;
	serial: string | null;
	note: string | null;
	maker: string | null;
	battery_type: string | null;
}

export interface Resistance {
	id: string;
	number: number;
	baseline_mohm: number | null;
	value_mohm: number | null;
	ratio: number | null;
	at: number | null;
}

export interface Resistances {
	batteries: Resistance[];
	/** Of the baseline. */
	limits: { warning: number; alarm: number };
	/** The begins and ends of the runs of tests. */
	runs: [number, number][];
}

/** The ratio of each battery to its baseline at the end of each week. */
export interface ResistanceWeeks {
	/** When the weeks begin, s since 1970. */
	weeks: number[];
	/** For each battery a value for each week. */
	rows: (number | null)[][];
}

export interface Discharge {
	start: number;
	/** Null while it runs. */
	end: number | null;
	/** Ah */
	drawn: number | null;
	/** Wh */
	energy: number | null;
	/** V */
	start_voltage: number | null;
	end_voltage: number | null;
	lowest_battery: number | null;
	lowest_voltage: number | null;
	first_below: number | null;
	/** Ah */
	capacity: number | null;
	interrupted: boolean;
	has_curve: boolean;
}

export interface Discharges {
	discharges: Discharge[];
	more: boolean;
}

/** s since the start, V, Ah drawn. */
export type Point = [number, number | null, number | null];

export interface Curve {
	start: number;
	/** Of the batteries, by id; null is the string as a whole. */
	curves: { battery: string | null; points: Point[] }[];
	/** V, of a battery */
	limits: { end_voltage: number };
	/**
	 * From which the remaining time is predicted: Ah drawn, and V of the average battery down to the end voltage. Null
	 * before the first discharge to the end voltage.
	 */
	expected?: [number, number][] | null;
}

/** Entity ids by the key of the entity: of the string, and of its batteries by their ids. */
export interface Entities {
	string: Record<string, string>;
	batteries: Record<string, Record<string, string>>;
}

export interface TextsAnswer {
	language: string;
	texts: Record<string, string>;
}

/** Each command with its request and its answer. */
export interface Commands {
	battery: { asks: { string: string; battery: string }; answers: BatteryDetail };
	resistances: { asks: { string: string }; answers: Resistances };
	resistance_weeks: { asks: { string: string }; answers: ResistanceWeeks };
	discharges: { asks: { string: string; limit: number; offset: number }; answers: Discharges };
	curve: { asks: { string: string; start: number }; answers: Curve };
	/** The alarms as they were shown: the level of each by its id. The answer is how many could still be acknowledged. */
	acknowledge: {
		asks: { string: string; alarms: Record<string, Level>; note: string };
		answers: { acknowledged: number };
	};
	alarms: { asks: { string: string; limit: number; offset: number }; answers: { alarms: PastAlarm[]; more: boolean } };
	entities: { asks: { string: string }; answers: Entities };
	texts: { asks: { language: string }; answers: TextsAnswer };
}

/** The payload that the tests of the integration record: `tests/fixtures/display.json`. */
export interface Fixture {
	snapshot: Snapshot;
	update: Update;
	battery: BatteryDetail;
	replaced: BatteryDetail;
	untested: BatteryDetail;
	resistances: Resistances;
	discharges: Discharges;
	curve: Curve;
	alarms: Commands["alarms"]["answers"];
	texts?: TextsAnswer;
}
