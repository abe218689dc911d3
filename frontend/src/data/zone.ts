/** Dates in the time zone that is shown, which may be another one than the browser's. Times are s since 1970. */

/** A time zone by its name; undefined is the browser's. */
export type Zone = string | undefined;
/** A year, a month from 0, and a day from 1. */
export type Day = readonly [year: number, month: number, day: number];

const HOUR = 3600;
const formats = new Map<Zone, Intl.DateTimeFormat>();

/** Return what the clocks of a zone show, as if they showed UTC. */
function shown(at: number, zone: Zone): Date {
	let format = formats.get(zone);
	if (!format) {
		const two = "2-digit";
		format = new Intl.DateTimeFormat("en-US", {
			...{ year: "numeric", month: two, day: two, hour: two, minute: two, second: two },
			hourCycle: "h23",
			timeZone: zone,
		});
		formats.set(zone, format);
	}
	const part = Object.fromEntries(format.formatToParts(at * 1000).map(({ type, value }) => [type, Number(value)]));
	const { year = NaN, month = NaN, day, hour, minute, second } = part;
	return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/** Return how far the clocks of a zone are ahead of UTC, in s. */
function offset(at: number, zone: Zone): number {
	const whole = Math.floor(at);
	return shown(whole, zone).getTime() / 1000 - whole;
}

/** Return the day that it is in a zone. */
export function dayIn(zone: Zone, at: number): Day {
	const date = shown(at, zone);
	return [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
}

/** Return when a day begins in a zone; months and days beyond the last one are those of the next year or month. */
export function beginOf([year, month, day]: Day, zone: Zone): number {
	const wanted = Date.UTC(year, month, day) / 1000;
	const near = wanted - offset(wanted, zone);
	const at = wanted - offset(near, zone);
	// Where the clocks are put forward at midnight, the day begins an hour later.
	return at + offset(at, zone) < wanted ? near : at;
}

/** Return the offset of a zone from UTC if the clocks show a time twice, because they are put back; or else "". */
export function offsetIfTwice(at: number, zone: Zone): string {
	const own = offset(at, zone);
	const others = [-HOUR, -HOUR / 2, HOUR / 2, HOUR].map((apart) => offset(at + apart, zone) + apart);
	if (!others.includes(own)) return "";
	const minutes = Math.abs(own) / 60;
	const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
	return `${own < 0 ? "−" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
