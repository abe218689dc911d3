// One string as the summary shows it.
import { el, navigate, write } from "./dom.js";
import { clock } from "./format.js";
import { alarmItem, badge, Figure, figureList, Strip, well } from "./parts.js";
import { seconds, urgentFirst } from "./state.js";
import { paint } from "./wall-card.js";
import { Wall } from "./wall.js";

const MANY = 60; // batteries, from which on they are a strip

export class StringPanel {
	/** @param {Card} card @param {BankString} string @param {Shape} shape */
	constructor(card, string, { cells, wall, link, facts, most, open }) {
		const { say } = card.texts;
		this.card = card;
		this.most = most;
		this.level = badge(card.texts);
		this.state = el("span.state.faint");
		this.down = el("p.notice", { hidden: true });
		const visit = () => navigate(`/${location.pathname.split("/")[1]}/string-${string.id}`);
		const name = link ? el("button.open", { onclick: visit }, string.name) : string.name;
		const { current, temperature } = string.measures;
		const named = current ? ["voltage", "current", "charge", "remaining"] : ["voltage", temperature && "temperature"];
		/** @type {Record<string, Figure>} */
		this.figures = {};
		for (const name of named) if (name) this.figures[name] = new Figure(say(name));
		this.facts = el("p.small.faint", { hidden: !facts });
		const tiles = cells && wall && string.batteries.length <= MANY;
		this.wall = tiles ? new Wall(say("batteries"), string, open) : null;
		this.strip = cells && !tiles ? new Strip(string) : null;
		this.count = el("h3");
		this.acknowledge = el("button", { hidden: true, onclick: () => this.#acknowledge(string) }, say("acknowledge"));
		this.alarms = el("ul.items", { "aria-live": "polite", tabindex: most > 1 && 0 });
		this.aside = el("div.alarms", el("header", this.count, this.acknowledge), this.alarms);
		const batteries = cells && el("div.cells", { "data-plain": true }, (this.wall ?? this.strip)?.element);
		this.element = el(
			"article.panel",
			{ "aria-label": string.name },
			el("header", el("h2", name), this.state, this.level.element),
			[this.down, figureList(this.figures), this.facts],
			el(cells ? "div.both" : "div", batteries, this.aside),
		);
	}

	/** @param {Line | undefined} line */
	line(line) {
		const text = this.card.trouble(line);
		this.down.hidden = !text;
		this.element.toggleAttribute("old", Boolean(text));
		write(this.down, text);
	}

	/** @param {BankString} string @param {Moved} moved */
	update(string, moved) {
		if (moved.values) this.#values(string);
		if (this.wall) paint(this.wall, "alarm", string, moved, this.card);
		else if (moved.all) this.strip?.show(string, string.batteries.keys(), this.card.texts);
		else if (moved.cells.size) this.strip?.show(string, moved.cells, this.card.texts);
		if (moved.alarms) this.#alarms(string);
	}

	/** @param {BankString} string */
	#values({ values }) {
		const { texts, format } = this.card;
		const { say } = texts;
		this.level.show(values.level);
		write(this.state, values.state ? texts.or(`condition.${values.state}`, values.state) : "");
		const { voltage, current, charge, remaining, temperature } = this.figures;
		voltage.show(format.value(values.voltage, 1, "V"));
		current?.show(format.value(values.current, 1, "A", true));
		charge?.show(format.value(values.state_of_charge, 0, "%"));
		const ends = values.limiting_battery ? say("battery", { number: values.limiting_battery }) : "";
		const never = values.state === "discharge" ? "" : say("only_in_discharge");
		remaining?.show(clock(values.remaining_time), (values.remaining_time ?? null) === null ? never : ends);
		temperature?.show(format.temperature(values.mean_temperature));
		const next = values.next_resistance_test;
		/** @type {[string, unknown, string][]} */
		const slow = [
			["ambient", values.ambient, format.temperature(values.ambient)],
			["health", values.health, format.value(values.health, 0, "%")],
			["capacity", values.capacity, format.value(values.capacity, 1, "Ah")],
			["weakest", values.weakest_battery, String(values.weakest_battery)],
			["next_test", next, format.moment(seconds(next))],
		];
		const known = slow.filter(([, value]) => value !== null && value !== undefined);
		write(this.facts, known.map(([key, , text]) => `${say(key)} ${text}`).join(" · "));
	}

	/** @param {BankString} string */
	#alarms(string) {
		const { say } = this.card.texts;
		const alarms = urgentFirst(string.alarms);
		const items = alarms.slice(0, this.most).map((alarm) => alarmItem(alarm, this.card));
		const count = alarms.length - items.length;
		if (count > 0) items.push(el("li.small.faint", say("more", { count })));
		this.alarms.replaceChildren(...(items.length ? items : [well(say("all_well"))]));
		this.aside.toggleAttribute("data-any", alarms.length > 0);
		write(this.count, alarms.length ? say("count_alarms", { count: alarms.length }) : "");
		this.acknowledge.hidden = !string.device_id || alarms.every((alarm) => alarm.acknowledged_by);
	}

	/** @param {BankString} string */
	async #acknowledge({ device_id }) {
		this.card.say(await this.card.act("battery_bank", "acknowledge_alarms", { device_id: [device_id] }));
	}
}
