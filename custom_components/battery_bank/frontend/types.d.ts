// What the integration sends; times are s since 1970, null is what is not measured or not known.

export type Level = "ok" | "warning" | "alarm";
export type Contact = "answering" | "lost" | "unknown";

export interface Line {
  id: string;
  name: string;
  down: string | null;
  loaded: boolean;
  round_time: number | null;
  alarms: number;
}

export interface Alarm {
  id: string | number;
  kind: string;
  name: string;
  level: Level;
  battery: number | null;
  value: number | null;
  limit: number | null;
  unit: string;
  since: number | string;
  what_to_do: string;
  acknowledged_by: string | null;
  drill?: boolean;
}

export interface PastAlarm extends Partial<Alarm> {
  kind: string;
  raised: number | null;
  cleared: number | null;
  worst?: number | null;
  acknowledged?: number | null;
}

export interface Limit {
  warning: number;
  alarm: number;
  unit: string;
}

export interface Battery {
  id: string;
  number: number;
  address: number;
  device_id: string | null;
  name: string;
}

export interface Cells {
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

export interface Values {
  state: string | null;
  level: Level;
  current: number | null;
  voltage: number | null;
  ambient: number | null;
  mean_temperature: number | null;
  state_of_charge: number | null;
  remaining_time: number | null;
  limiting_battery: number | null;
  weakest_battery: number | null;
  health: number | null;
  capacity: number | null;
  next_resistance_test?: number | string | null;
}

export interface BankString {
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

export interface StringUpdate {
  id: string;
  values?: Partial<Values>;
  cells?: Record<string, Record<string, unknown>>;
  alarms?: Alarm[];
}

export type Message =
  | { kind: "snapshot"; version: string; at: number; lines: Line[]; strings: BankString[] }
  | { kind: "update"; at: number; lines?: Line[]; strings?: StringUpdate[] };

/** What moved in a string: everything, or some values and cells. */
export interface Moved {
  all: boolean;
  values: boolean;
  alarms: boolean;
  cells: Set<number>;
}

/** What a message changed. `strings` is null where all did. */
export interface Change {
  lines: boolean;
  strings: Map<string, Moved> | null;
}

export interface Test extends Array<number | boolean> {
  0: number;
  1: number;
  2: boolean;
}

export interface BatteryDetail {
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

export interface Resistances {
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

export interface Discharge {
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

export type Point = [number, number, number | null];

export interface Curve {
  start: number;
  curves: { battery: string | null; points: Point[] }[];
  limits: { end_voltage: number };
}

export interface CardConfig {
  type: string;
  string?: string;
  quantity?: string;
  compact?: boolean;
  fill?: boolean;
  links?: boolean;
}

/** As much of Home Assistant's connection and `hass` as the cards use. */
export interface Connection {
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

export interface Hass {
  connection: Connection;
  callService(domain: string, service: string, data: object): Promise<unknown>;
  language: string;
  locale: { language: string; number_format?: string; time_format?: string; time_zone?: string };
  config: { time_zone?: string; unit_system?: { temperature?: string } };
  themes: { darkMode?: boolean };
}
