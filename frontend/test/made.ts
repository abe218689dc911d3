/** Banks made by hand, of the shape that the integration sends, and a `hass` that answers from them. */
import type { Hass } from "../src/data/hass.ts";
import type {
	Alarm,
	BankString,
	BatteryDetail,
	Cells,
	Contact,
	Curve,
	Discharge,
	Discharges,
	Entities,
	Level,
	Message,
	PastAlarm,
	Point,
	Resistances,
	ResistanceWeeks,
	Snapshot,
	Test,
} from "../src/data/payload.ts";

/** s since 1970: when all of it is. */
export const NOW = 1_780_000_000;
const DAY = 86400;

/** The same numbers every time. */
export function noise(seed: number): () => number {
	let value = seed;
	return () => {
		value = (value * 1103515245 + 12345) % 2147483648;
		return value / 1073741824 - 1;
	};
}

/**
 * A string of blocks on float: one weak, one warm, one that does not answer, one that is low.
 */
export function madeString({
	id = "s1",
	name = "UPS A",
	count = 20,
	line = "line1",
	nominal = 12,
	faults = true,
} = {}): BankString {
	const random = noise(count + name.length);
	const cells = nominal / 2;
	const column = <T>(value: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => value(index));
	const near = (value: number, spread: number, digits = 3): number =>
		Number((value + spread * random()).toFixed(digits));
	const limit = (warning: number, alarm: number, unit: string) => ({ warning, alarm, unit, applies: true });
	const string: BankString = {
		id,
		line,
		name,
		device_id: `device_${id}`,
		chemistry: "vrla_agm",
		nominal_voltage: nominal,
		cells_per_battery: cells,
		milliohm_decimals: 3,
		capacity: 100,
		dead_band: 0.2,
		installed: "2023-05-01",
		rack: null,
		measures: { current: true, resistance: true, temperature: true, ambient: true },
		limits: {
			voltage_high: limit(2.37 * cells, 2.42 * cells, "V"),
			voltage_low: limit(2.2 * cells, 2.1 * cells, "V"),
			deviation: limit(0.05 * cells, 0.1 * cells, "V"),
			deviation_discharge: limit(0.1 * cells, 0.2 * cells, "V"),
			resistance_baseline: limit(1.3, 1.5, "×"),
			resistance_string: limit(1.25, 1.5, "×"),
			temperature_high: limit(35, 50, "°C"),
			temperature_rise: limit(5, 10, "K"),
			ambient_high: limit(35, 40, "°C"),
			ambient_low: limit(10, 0, "°C"),
		},
		batteries: column((index) => ({
			id: `${id}_b${index + 1}`,
			number: index + 1,
			address: index + 1,
			device_id: `device_${id}_${index + 1}`,
			name: `${name} battery ${index + 1}`,
		})),
		values: {
			state: "float",
			level: "ok",
			string_module: "answering",
			current: 0.2,
			voltage: Number((2.27 * cells * count).toFixed(2)),
			highest_voltage: null,
			highest_battery: null,
			lowest_voltage: null,
			lowest_battery: null,
			voltage_spread: null,
			ambient: 21.4,
			mean_temperature: 23.1,
			highest_temperature: null,
			hottest_battery: null,
			state_of_charge: 100,
			remaining_time: null,
			remaining_time_low: null,
			remaining_time_high: null,
			remaining_time_estimated: false,
			limiting_battery: null,
			limiting_remaining_time: null,
			weakest_battery: null,
			health: 92,
			capacity: 97.4,
			health_capacity: null,
			next_resistance_test: null,
			resistance_test_progress: null,
			last_discharge: NOW - 12 * DAY,
			last_discharge_duration: 6420,
			discharge_start: null,
			discharge_drawn: null,
			discharge_measured: null,
			below: null,
			first_below: null,
			first_below_at: null,
			life_used: null,
			end_of_life: null,
		},
		cells: {
			voltage: column(() => near(2.27 * cells, 0.02 * cells)),
			deviation: column(() => near(0, 0.015 * cells)),
			resistance: column(() => near(4.2, 0.2)),
			ratio: column(() => near(1.04, 0.05)),
			temperature: column(() => near(23, 0.8, 1)),
			rise: column(() => near(1.6, 0.8, 1)),
			level: column((): Level => "ok"),
			contact: column((): Contact => "answering"),
			testing: column(() => false),
			risk: column(() => "stable"),
		},
		alarms: [],
		pending: [],
		may: ["acknowledge", "start_resistance_test", "blink"],
	};
	if (faults) spoil(string);
	return string;
}

function spoil(string: BankString): void {
	const { cells, values } = string;
	const now = NOW;
	const per = string.cells_per_battery;
	const set = (number: number, known: { [Key in keyof Cells]?: Cells[Key][number] }) => {
		for (const [key, value] of Object.entries(known)) (cells[key as keyof Cells] as unknown[])[number - 1] = value;
	};
	set(7, { ratio: 1.56, resistance: 6.55, level: "alarm", risk: "replace", deviation: 0.031 * per });
	set(12, { deviation: -0.062 * per, voltage: 2.208 * per, level: "warning" });
	set(15, { rise: 6.2, temperature: 27.6, level: "warning" });
	set(3, { ratio: 1.21, risk: "watch", testing: true });
	set(18, { voltage: null, deviation: null, resistance: null, ratio: null, temperature: null, rise: null });
	set(18, { contact: "lost", level: "warning", risk: null });
	Object.assign(values, { level: "alarm", weakest_battery: 7 });
	const alarm = (
		kind: string,
		name: string,
		level: Level,
		battery: number,
		value: number,
		limit: number,
		unit: string,
		since: number,
		what_to_do: string,
		by: string | null = null,
	): Alarm => ({
		...{ id: `${kind}_${battery}`, kind, name, level, string: string.name, battery, value, limit, unit, since },
		...{
			batteries: [],
			value_now: value,
			value_at: since,
			worst_value: value,
			worst_at: since,
			level_since: null,
			gone_since: null,
		},
		...{
			what_to_do,
			acknowledged: by === null ? null : since,
			acknowledged_by: by,
			note: by && "Ordered",
			noted: null,
			noted_by: null,
			drill: false,
		},
	});
	string.alarms = [
		alarm(
			"deviation",
			"Voltage deviation",
			"warning",
			12,
			Number((-0.062 * per).toFixed(3)),
			0.05 * per,
			"V",
			now - 5400,
			"Measure this battery by hand. If it is right, test its resistance and look at it in the next discharge.",
		),
		alarm(
			"resistance_baseline",
			"Resistance above baseline",
			"alarm",
			7,
			1.56,
			1.5,
			"×",
			now - 7200,
			"Check its connections and test it again. If it stays, load-test the battery or replace it: its capacity is in doubt.",
		),
		alarm(
			"temperature_rise",
			"Battery warmer than the room",
			"warning",
			15,
			6.2,
			5,
			"K",
			now - 3 * DAY,
			"Compare with its neighbours by hand. Check the charger's voltage and its temperature compensation.",
			"Duty desk",
		),
	];
}

/** Everything that `battery_bank/subscribe` sends first. */
export function madeSnapshot(strings = [madeString()]): Snapshot {
	const lines = [...new Set(strings.map((string) => string.line))].map((id, index) => ({
		id,
		name: `Line ${index + 1}`,
		down: null,
		loaded: true,
		round_time: 1.8,
		journal_failing: false,
		alarms: 3,
	}));
	return { kind: "snapshot", version: "0.0.0", at: NOW, lines, strings };
}

/** What `battery_bank/battery` answers. */
export function madeDetail(string: BankString, index: number): BatteryDetail {
	const random = noise(index + 3);
	const now = NOW;
	const weak = (string.cells.ratio[index] ?? 0) > 1.3;
	const tests = Array.from({ length: 40 }, (_, week): Test => {
		const rise = weak ? Math.max(0, week - 12) * 0.02 : week * 0.001;
		return [now - (40 - week) * 7 * DAY, Number((4.2 * (1 + rise) + 0.06 * random()).toFixed(3)), week !== 20];
	});
	const key = (name: string) => `sensor.battery_${index + 1}_${name}`;
	return {
		number: index + 1,
		asset: {
			...{ maker: "Acme", type: "AGM 12-100", serial: weak ? null : `SN-20${index}41`, installed: "2024-10-12" },
			...{ module: "RMS-TA", firmware: "0102" },
		},
		entities: {
			voltage: key("voltage").replace("battery", "b_b"),
			deviation: key("deviation"),
			resistance: key("resistance"),
			resistance_ratio: key("resistance_ratio"),
			temperature: key("temperature"),
			start_resistance_test: `button.battery_${index + 1}_start_resistance_test`,
			blink: `button.battery_${index + 1}_identify`,
		},
		may: ["acknowledge", "start_resistance_test", "blink"],
		values: {},
		baseline: { kind: "final", value_mohm: 4.2, at: now - 260 * DAY },
		tests,
		trend: weak
			? { slope: 0.72, low: 0.5, high: 0.9, forecast: { warning: null, alarm: [now + 40 * DAY, now + 130 * DAY] } }
			: { slope: 0.03, low: 0, high: 0.06, forecast: { warning: null, alarm: null } },
		limits: { warning_mohm: 5.46, alarm_mohm: weak ? 7.4 : 6.3 },
		alarms: string.alarms.filter((alarm) => alarm.battery === index + 1),
		replacements: weak ? [] : [{ at: now - 600 * DAY, by: "Operator", serial: `SN-20${index}41`, ...NEW }],
	};
}

/** The rest of a replacement. */
const NEW = { note: null, maker: null, battery_type: null };

/** What `battery_bank/resistances` answers. */
export function madeResistances(string: BankString): Resistances {
	const now = NOW;
	const batteries = string.batteries.map(({ id, number }, index) => {
		const ratio = string.cells.ratio[index] ?? null;
		const value_mohm = ratio === null ? null : Number((4.2 * ratio).toFixed(3));
		return { id, number, baseline_mohm: 4.2, value_mohm, ratio, at: now - DAY };
	});
	return { batteries, limits: { warning: 1.3, alarm: 1.5 }, runs: [[now - DAY - 900, now - DAY]] };
}

/** What `battery_bank/resistance_weeks` answers: the last value of each battery, which battery 7 has reached slowly. */
function madeWeeks(string: BankString): ResistanceWeeks {
	const weeks = Array.from({ length: 52 }, (_, week) => NOW - (51 - week) * 7 * DAY);
	const random = noise(7);
	const rows = string.cells.ratio.map((ratio, index) =>
		weeks.map((_, week) => {
			if (ratio === null) return null;
			return index === 6 ? 1 + ((ratio - 1) * week) / 51 : ratio + 0.02 * random();
		}),
	);
	return { weeks, rows };
}

/** What `battery_bank/discharges` answers. */
export function madeDischarges(string: BankString): Discharges {
	const per = string.cells_per_battery;
	const one = (days: number, hours: number, drawn: number, has_curve = true): Discharge => ({
		start: NOW - days * DAY,
		end: NOW - days * DAY + hours * 3600,
		drawn,
		energy: drawn * 240,
		start_voltage: 2.12 * per * string.batteries.length,
		end_voltage: 1.85 * per * string.batteries.length,
		lowest_battery: 7,
		lowest_voltage: Number((1.71 * per).toFixed(2)),
		first_below: has_curve ? 7 : null,
		capacity: null,
		interrupted: !has_curve,
		has_curve,
	});
	const { discharge_start: start, discharge_drawn: drawn } = string.values;
	const now = one(0, 0, drawn ?? 0);
	const under_way = start === null ? [] : [{ ...now, start, end: null, first_below: null, lowest_voltage: 12.08 }];
	return {
		discharges: [...under_way, one(12, 2.6, 61.2), one(190, 3.1, 72.9), one(400, 0.2, 4.1, false)],
		more: false,
	};
}

/** What `battery_bank/curve` answers of a discharge under way: the first `seconds` of one. */
export function madeStart(string: BankString, start: number, seconds: number): Curve {
	const whole = madeCurve(string, NOW);
	const points = whole.curves.find(({ battery }) => battery === null)?.points ?? [];
	const count = string.batteries.length;
	return {
		...whole,
		start,
		curves: whole.curves.map((one) => ({ ...one, points: one.points.filter(([at]) => at <= seconds) })),
		expected: points.map(([, voltage, drawn]): [number, number] => [drawn ?? 0, (voltage ?? 0) / count]),
	};
}

/** What `battery_bank/curve` answers: the seventh fails first. */
export function madeCurve(string: BankString, start: number): Curve {
	const per = string.cells_per_battery;
	const newer = start > NOW - 100 * DAY;
	const seconds = (newer ? 2.6 : 3.1) * 3600;
	const random = noise(7);
	const steps = Array.from({ length: 120 }, (_, index) => (index / 119) * seconds);
	const curve = (strength: number): Point[] =>
		steps.map((at) => {
			const share = at / seconds / strength;
			const cell = 2.06 - 0.14 * share - 0.05 * Math.exp(-share * 30) - 0.28 * Math.max(0, share - 0.72) ** 2 * 6;
			return [Math.round(at), Number((cell * per).toFixed(3)), Number(((at / 3600) * 23.5).toFixed(1))];
		});
	const curves = string.batteries.map(({ id, number }) => ({
		battery: id,
		points: curve(number === 7 ? (newer ? 0.8 : 0.97) : 1 + 0.03 * random()),
	}));
	const whole = steps.map((at, index): Point => {
		const sum = curves.reduce((total, { points }) => total + (points[index]?.[1] ?? 0), 0);
		return [Math.round(at), Number(sum.toFixed(2)), curves[0]?.points[index]?.[2] ?? null];
	});
	return { start, curves: [{ battery: null, points: whole }, ...curves], limits: { end_voltage: 1.8 * per } };
}

/** What `battery_bank/alarms` answers: those that stand, and two that are cleared. */
function madePast(string: BankString): PastAlarm[] {
	const standing = string.alarms.map((alarm) => ({ ...alarm, worst: alarm.level, raised: alarm.since, cleared: null }));
	const { alarms } = string.alarms.length ? string : madeString({ id: string.id, name: string.name });
	const cleared = alarms.slice(0, 2).map((alarm, index) => {
		const raised = NOW - (30 + 40 * index) * DAY;
		const by = index ? "Duty desk" : null;
		return {
			...{ ...alarm, id: `past ${index}`, since: raised, raised, worst: alarm.level, cleared: raised + 5400 },
			...{ value_now: null, value_at: raised, acknowledged: by === null ? null : raised + 600, acknowledged_by: by },
		};
	});
	return [...standing, ...cleared];
}

function madeEntities(string: BankString): Entities {
	const keys = ["voltage", "current", "condition", "state_of_charge", "highest_temperature", "ambient_temperature"];
	const named = (stem: string, all: readonly string[]) =>
		Object.fromEntries(all.map((key) => [key, `sensor.${stem}_${key}`]));
	return {
		string: named(string.id, keys),
		batteries: Object.fromEntries(
			string.batteries.map(({ id }) => [id, named(id, ["voltage", "deviation", "temperature"])]),
		),
	};
}

interface Statistics {
	start_time: string;
	end_time?: string;
	statistic_ids: string[];
	entity_ids: string[];
	period: string;
}

/** Statistics until now: a discharge three hours ago, and one battery that is a little lower each day. */
function madeStatistics({ start_time, statistic_ids, period }: Statistics): object {
	const step = { "5minute": 300, hour: 3600, day: DAY, week: 7 * DAY }[period] ?? 30 * DAY;
	const [from, to] = [Math.ceil(Date.parse(start_time) / 1000 / step) * step, Date.now() / 1000];
	const random = noise(5);
	const valueAt = (id: string, at: number): number => {
		const ago = (to - at) / 3600;
		const low = ago > 2.2 && ago < 3 ? 1 : 0;
		const daily = Math.sin((at / DAY) * 2 * Math.PI);
		if (id.includes("_b") && id.endsWith("voltage")) return 13.6 + 0.02 * random() - 1.3 * low + 0.01 * daily;
		if (id.endsWith("deviation")) return id.includes("_b7_") ? -0.12 + 0.1 * (ago / 8760) : 0.015 * random();
		if (id.endsWith("voltage")) return 272.4 + 0.2 * random() - 26 * low;
		if (id.endsWith("current")) return 0.2 + 0.05 * random() - 23 * low + (ago > 1.4 && ago < 2.2 ? 9 : 0);
		if (id.endsWith("state_of_charge")) return ago < 3 && ago > 1.4 ? 82 : 100;
		return (id.includes("ambient") ? 21 : 23) + 1.5 * daily + 0.2 * random();
	};
	const rows = (id: string) =>
		Array.from({ length: Math.max(0, Math.floor((to - from) / step)) }, (_, index) => {
			const start = from + index * step;
			return { start: start * 1000, end: (start + step) * 1000, mean: valueAt(id, start) };
		});
	return Object.fromEntries(statistic_ids.map((id) => [id, rows(id)]));
}

/** Float, a discharge three hours ago, a recharge after it, and float again. */
function madeStates({ entity_ids, start_time }: Statistics): object {
	const now = Date.now() / 1000;
	const states = [
		{ s: "float", lu: Date.parse(start_time) / 1000 },
		{ s: "discharge", lu: now - 3 * 3600 },
		{ s: "recharge", lu: now - 2.2 * 3600 },
		{ s: "float", lu: now - 1.4 * 3600 },
	];
	return Object.fromEntries(
		entity_ids.map((id) => [id, states.filter(({ lu }) => lu >= Date.parse(start_time) / 1000)]),
	);
}

interface Asked {
	type: string;
	language: string;
	string: string;
	battery: string;
	start: number;
	alarms: object;
}

/** A `hass` that answers from a snapshot, and says what it was asked. */
export interface MadeHass extends Hass {
	called: [string, string, object][];
	asked: Asked[];
	/** The error that subscriptions end in. */
	refuse: object | null;
	/** Whether subscriptions are answered by nothing. */
	silent: boolean;
	readonly subscribers: number;
	/** What the integration sends. */
	send(message: object): void;
	/** The network is lost, and comes back. */
	drop(): void;
	back(): void;
}

export function madeHass(
	snapshot: Snapshot,
	texts: Record<string, string> = {},
	{ dark = false, language = "en" } = {},
): MadeHass {
	const listeners = { ready: new Set<() => void>(), disconnected: new Set<() => void>() };
	const subscribers = new Set<(message: Message) => void>();
	const stringOf = (id: string) => snapshot.strings.find((string) => string.id === id) ?? madeString();
	const answers: Record<string, (asked: Asked) => unknown> = {
		"battery_bank/texts": ({ language }) => ({ language, texts }),
		"battery_bank/battery": ({ string, battery }) => {
			const found = stringOf(string);
			return madeDetail(
				found,
				found.batteries.findIndex(({ id }) => id === battery),
			);
		},
		"battery_bank/resistance_weeks": ({ string }) => madeWeeks(stringOf(string)),
		"battery_bank/resistances": ({ string }) => madeResistances(stringOf(string)),
		"battery_bank/discharges": ({ string }) => madeDischarges(stringOf(string)),
		"battery_bank/curve": ({ string, start }) => {
			const found = stringOf(string);
			const under_way = found.values.discharge_start === start;
			return under_way ? madeStart(found, start, Date.now() / 1000 - start) : madeCurve(found, start);
		},
		"battery_bank/acknowledge": ({ alarms }) => ({ acknowledged: Object.keys(alarms).length }),
		"battery_bank/alarms": ({ string }) => ({ alarms: madePast(stringOf(string)), more: false }),
		"battery_bank/entities": ({ string }) => madeEntities(stringOf(string)),
		"recorder/statistics_during_period": (asked) => madeStatistics(asked as unknown as Statistics),
		"history/history_during_period": (asked) => madeStates(asked as unknown as Statistics),
	};
	const failure = (error: object) => Object.assign(new Error("refused"), error);
	const connection = {
		connected: true,
		subscribeMessage(callback: (message: Message) => void, message: object): Promise<() => void> {
			hass.asked.push(message as Asked);
			if (hass.refuse) return Promise.reject(failure(hass.refuse));
			subscribers.add(callback);
			if (!hass.silent) queueMicrotask(() => callback(structuredClone(snapshot)));
			return Promise.resolve(() => void subscribers.delete(callback));
		},
		sendMessagePromise<T>(message: object): Promise<T> {
			const asked = message as Asked;
			hass.asked.push(asked);
			const answer = answers[asked.type];
			if (!answer) return Promise.reject(failure({ code: "unknown_command", message: "Unknown command." }));
			return Promise.resolve(answer(asked) as T);
		},
		addEventListener: (event: "ready" | "disconnected", listener: () => void) => void listeners[event].add(listener),
		removeEventListener: (event: "ready" | "disconnected", listener: () => void) =>
			void listeners[event].delete(listener),
	};
	const hass: MadeHass = {
		called: [],
		asked: [],
		refuse: null,
		silent: false,
		connection,
		get subscribers() {
			return subscribers.size;
		},
		send(message) {
			for (const subscriber of [...subscribers]) subscriber(structuredClone(message) as Message);
		},
		drop() {
			connection.connected = false;
			subscribers.clear();
			for (const listener of listeners.disconnected) listener();
		},
		back() {
			connection.connected = true;
			for (const listener of listeners.ready) listener();
		},
		callService(domain, service, data) {
			hass.called.push([domain, service, data]);
			return Promise.resolve();
		},
		locale: { language, number_format: "language", time_format: "24", time_zone: "local" },
		config: { time_zone: "UTC", unit_system: { temperature: "°C" } },
		themes: { darkMode: dark },
		user: { is_admin: true },
	};
	return hass;
}
