// All about one battery, and what can be done with it.
import { atWidth } from "./chart.js";
import { el, tell, write } from "./dom.js";
import { alarmItem, badge, Figure, figureList } from "./parts.js";
import { above, QUANTITIES } from "./quantities.js";
import { ALL, urgentFirst } from "./state.js";
import { outlook, trendChart } from "./trend.js";

const BLINK = /blink|identify/; // the key of the button that does it
const TEST = /test/;
const HISTORIES = ["voltage", "deviation", "resistance", "resistance_ratio", "temperature", "risk"];

export class BatteryDialog {
	element = el("dialog", {
		onclose: () => this.#closed(),
		onclick: (/** @type {Event} */ event) => event.target === this.element && this.close(),
	});
	#notice = el("p.notice", { hidden: true });
	#alarms = el("ul.items");
	#trend = el("div");
	#more = el("div.small.faint");
	#links = el("div.actions");
	#actions = el("div.actions");
	#status = el("p.small", { role: "status" });
	/** @type {ReturnType<typeof badge> | undefined} */
	#level;
	/** @type {Record<string, Figure>} */
	#figures = {};
	#string = "";
	#index = -1;
	#turn = 0;
	/** @type {BatteryDetail | null} */
	#detail = null;
	#testing = false;
	/** @type {(() => void) | undefined} */
	#unwatch;

	/** @param {Card} card */
	constructor(card) {
		this.card = card;
	}

	/** @param {string} id of the string @param {number} index */
	open(id, index) {
		const string = this.card.state.strings.get(id);
		if (!string?.batteries[index]) return;
		[this.#string, this.#index, this.#detail, this.#testing] = [id, index, null, false];
		this.#build(string);
		this.update(string, ALL);
		if (!this.element.open) this.element.showModal();
		this.element.scrollTop = 0;
		this.#load();
	}

	close() {
		this.element.close();
	}

	/** @param {BankString} string @param {Moved} moved */
	update(string, moved) {
		if (this.#index < 0 || string.id !== this.#string) return;
		if (!string.batteries[this.#index]) return this.close();
		if (moved.all) {
			this.#notice.hidden = this.card.notice.hidden;
			write(this.#notice, this.card.notice.dataset.text ?? "");
		}
		if (moved.all || moved.cells.has(this.#index)) this.#values(string);
		if (moved.all || moved.alarms) this.#alarm(string);
		const testing = string.cells.testing[this.#index];
		if (this.#testing && !testing) this.#load(); // there is a new test to show
		this.#testing = testing;
	}

	/** @param {BankString} string */
	#build(string) {
		const { texts } = this.card;
		const { say } = texts;
		const { resistance, temperature } = string.measures;
		this.#level = badge(texts);
		this.#figures = Object.fromEntries(
			["voltage", "deviation", resistance && "resistance", temperature && "temperature"]
				.filter((name) => typeof name === "string")
				.map((name) => [name, new Figure(say(name))]),
		);
		for (const part of [this.#trend, this.#more, this.#links, this.#status]) part.replaceChildren();
		const title = say("battery", { number: string.batteries[this.#index].number });
		this.element.setAttribute("aria-label", `${title}, ${string.name}`);
		const close = el("button.bare", { "aria-label": say("close"), onclick: () => this.close() }, "✕");
		this.element.replaceChildren(
			el("header", el("h2", title, el("div.small.faint", string.name)), this.#level.element, close),
			el(
				"div.inside",
				[this.#notice, figureList(this.#figures), this.#actions, this.#status],
				[this.#alarms, this.#trend, this.#more, this.#links],
			),
		);
	}

	/** @param {BankString} string */
	#values(string) {
		const { texts, format } = this.card;
		const { say } = texts;
		const { voltage, deviation, resistance, temperature } = this.#figures;
		const at = this.#index;
		const { cells } = string;
		const lost = cells.contact[at] === "lost";
		this.#level?.element.toggleAttribute("hidden", lost);
		this.#level?.show(cells.level[at] ?? "ok");
		const note = lost ? say("why_no_answer") : cells.testing[at] ? say("testing") : "";
		voltage.show(QUANTITIES.alarm.long(cells.voltage[at], format, string), note);
		deviation.show(QUANTITIES.deviation.long(cells.deviation[at], format, string));
		const ratio = cells.ratio[at];
		const against = ratio === null ? say("no_baseline") : say("why_ratio", { value: format.percent(ratio) });
		resistance?.show(format.value(cells.resistance[at], 2, "mΩ"), against);
		const rise = above(string) && cells.rise[at] !== null ? `${format.rise(cells.rise[at])} · ${say("rise")}` : "";
		temperature?.show(format.temperature(cells.temperature[at]), rise);
	}

	/** @param {BankString} string */
	#alarm(string) {
		const { number } = string.batteries[this.#index];
		const own = urgentFirst(string.alarms.filter((alarm) => alarm.battery === number));
		this.#alarms.replaceChildren(...own.map((alarm) => alarmItem(alarm, this.card, false)));
		this.#offer(string, !own.every((alarm) => alarm.acknowledged_by));
	}

	/** @param {BankString} string @param {boolean} unseen whether an alarm is */
	#offer(string, unseen) {
		const { device_id } = string.batteries[this.#index];
		const entities = Object.entries(this.#detail?.entities ?? {});
		const button = (/** @type {RegExp} */ key) =>
			entities.find(([name, id]) => id.startsWith("button.") && key.test(name))?.[1];
		const blink = button(BLINK);
		const test = string.measures.resistance && (button(TEST) || !this.#detail);
		/** @type {(name: string, action: string, data: object) => HTMLElement} */
		const action = (name, action, data) => {
			const [domain, service] = action.split(".");
			const act = async () => write(this.#status, await this.card.act(domain, service, data));
			return el(name === "acknowledge" ? "button.main" : "button", { onclick: act }, this.card.texts.say(name));
		};
		const device = { device_id: [device_id] };
		const offered = [
			unseen && device_id && action("acknowledge", "battery_bank.acknowledge_alarms", device),
			test && device_id && action("test", "battery_bank.start_resistance_test", device),
			blink && action("blink", "button.press", { entity_id: blink }),
		];
		this.#actions.replaceChildren(...offered.filter((one) => one instanceof Node));
	}

	async #load() {
		const turn = ++this.#turn;
		const string = this.card.state.strings.get(this.#string);
		const battery = string?.batteries[this.#index];
		if (!string || !battery) return;
		try {
			const detail = await this.card.ask("battery", { string: string.id, battery: battery.id });
			if (turn === this.#turn) this.#show(string, detail);
		} catch (error) {
			if (turn === this.#turn) write(this.#status, this.card.failure(error));
		}
	}

	/** @param {BankString} string @param {BatteryDetail} detail */
	#show(string, detail) {
		const { texts, format } = this.card;
		const { say } = texts;
		this.#detail = detail;
		this.#alarm(string);
		this.#unwatch?.();
		if (string.measures.resistance) {
			const place = el("div");
			const told = el("p.small", outlook(detail, format, texts).join(" · "));
			this.#trend.replaceChildren(el("h3", say("trend")), place, told);
			if (detail.tests.length) {
				const draw = (/** @type {number} */ width) =>
					place.replaceChildren(trendChart(detail, width, format, texts, Date.now() / 1000));
				draw(place.clientWidth || 600);
				this.#unwatch = atWidth(place, draw);
			}
		}
		const { serial, baseline, tests, replacements, entities } = detail;
		const facts = [];
		if (serial) facts.push(`${say("serial")} ${serial}`);
		if (baseline) {
			const kind = texts.or(`baseline_kind.${baseline.kind}`, baseline.kind);
			facts.push(`${say("baseline")} ${format.value(baseline.value_mohm, 2, "mΩ")} (${kind})`);
		}
		const last = tests.at(-1);
		if (last) facts.push(say("tested", { time: format.moment(last[0]) }));
		for (const { at, serial, note } of replacements) {
			facts.push([say("replaced", { time: format.date(at) }), serial, note].filter(Boolean).join(", "));
		}
		this.#more.replaceChildren(...facts.map((fact) => el("p", fact)));
		const links = HISTORIES.filter((key) => entities[key]).map((key) => {
			const name = texts.or(key === "resistance_ratio" ? "ratio" : key, texts.or(`name.${key}`, key));
			return el("button", { onclick: () => this.#history(entities[key]) }, `${say("history")}: ${name}`);
		});
		this.#links.replaceChildren(...links);
	}

	/** @param {string} entityId */
	#history(entityId) {
		this.close(); // it would lie above what Home Assistant opens
		tell(this.card, "hass-more-info", { entityId });
	}

	#closed() {
		this.#turn++;
		this.#index = -1;
		this.#unwatch?.();
		this.element.replaceChildren();
	}
}
