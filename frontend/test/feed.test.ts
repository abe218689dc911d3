import assert from "node:assert/strict";
import { mock, test, type TestContext } from "node:test";

import { feedOf, QUIET, TIMEOUT } from "../src/data/feed.ts";
import { madeHass, type MadeHass, madeSnapshot } from "./made.ts";

/** Let what is promised happen. */
async function settle(): Promise<void> {
	for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function still(context: TestContext): void {
	mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
	context.after(() => mock.timers.reset());
}

function started(context: TestContext) {
	still(context);
	const hass = madeHass(madeSnapshot());
	const feed = feedOf(hass.connection);
	const changes: string[] = [];
	const unlisten = feed.listen(() => changes.push(feed.status));
	return { hass, feed, changes, unlisten };
}

const subscribed = (hass: MadeHass) => hass.asked.filter(({ type }) => type === "battery_bank/subscribe").length;
const nothing = () => undefined;

test("all cards of a page share one subscription", async (context) => {
	const { hass, feed } = started(context);
	feedOf(hass.connection).listen(nothing);
	feed.listen(nothing);
	await settle();
	assert.equal(feed.status, "live");
	assert.equal(subscribed(hass), 1);
	assert.equal(hass.subscribers, 1);
});

test("a later listener is called at once", async (context) => {
	const { feed } = started(context);
	await settle();
	let called = 0;
	feed.listen(() => called++);
	assert.equal(called, 1);
});

test("an update without a change calls nobody back", async (context) => {
	const { hass, changes } = started(context);
	await settle();
	const before = changes.length;
	hass.send({ kind: "update", at: 0, lines: [], strings: [] });
	assert.equal(changes.length, before);
});

test("the subscription ends a while after the last card, not between two views", async (context) => {
	const { hass, feed, unlisten } = started(context);
	await settle();
	unlisten();
	mock.timers.tick(1_000);
	const again = feed.listen(nothing);
	mock.timers.tick(12_000);
	await settle();
	assert.equal(hass.subscribers, 1);
	again();
	mock.timers.tick(11_000);
	await settle();
	assert.equal(hass.subscribers, 0);
});

test("silence is asked about; an answer keeps the feed live, none makes it stale, and it recovers", async (context) => {
	const { hass, feed, changes } = started(context);
	await settle();
	mock.timers.tick(QUIET);
	await settle();
	assert.equal(subscribed(hass), 2);
	assert.equal(feed.status, "live");
	assert.equal(hass.subscribers, 1);

	hass.silent = true;
	mock.timers.tick(QUIET);
	await settle();
	assert.equal(feed.status, "live");
	const updated = feed.updated ?? 0;
	mock.timers.tick(TIMEOUT);
	await settle();
	assert.equal(feed.status, "stale");
	assert.equal(feed.updated, updated);
	assert.equal(changes.filter((status) => status === "stale").length, 1);

	hass.silent = false;
	mock.timers.tick(1_000);
	await settle();
	assert.equal(feed.status, "live");
	assert.ok(feed.updated > updated);
});

test("messages keep it from asking", async (context) => {
	const { hass } = started(context);
	await settle();
	for (let turn = 0; turn < 5; turn++) {
		mock.timers.tick(QUIET - 1_000);
		hass.send({ kind: "update", at: 0, lines: [], strings: [] });
		await settle();
	}
	assert.equal(subscribed(hass), 1);
});

test("a lost connection is shown at once; the integration may be later than the server", async (context) => {
	const { hass, feed, changes } = started(context);
	await settle();
	hass.drop();
	assert.equal(feed.status, "lost");
	assert.equal(changes.at(-1), "lost");
	assert.ok(feed.bank, "what was known stays, marked as old");

	hass.refuse = { code: "unknown_command", message: "Unknown command." };
	hass.back();
	await settle();
	assert.equal(feed.status, "stale");
	mock.timers.tick(1_000);
	await settle();
	assert.equal(feed.status, "stale");

	hass.refuse = null;
	mock.timers.tick(2_000);
	await settle();
	assert.equal(feed.status, "live");
	assert.equal(hass.subscribers, 1);
});

test("nothing is asked of a connection that is lost", async (context) => {
	const { hass } = started(context);
	await settle();
	hass.drop();
	const asked = subscribed(hass);
	mock.timers.tick(10 * QUIET);
	await settle();
	assert.equal(subscribed(hass), asked);
});

test("without the integration it says so, and tries again", async (context) => {
	still(context);
	const hass = madeHass(madeSnapshot());
	hass.refuse = { code: "unknown_command", message: "Unknown command." };
	const feed = feedOf(hass.connection);
	feed.listen(nothing);
	await settle();
	assert.equal(feed.status, "unavailable");
	hass.refuse = null;
	mock.timers.tick(1_000);
	await settle();
	assert.equal(feed.status, "live");
});

test("an update of a string that is not known brings a snapshot", async (context) => {
	const { hass, feed } = started(context);
	await settle();
	hass.send({ kind: "update", at: 0, lines: [], strings: [{ id: "new", values: {} }] });
	await settle();
	assert.equal(subscribed(hass), 2);
	assert.equal(feed.status, "live");
});

test("a message of a later version changes nothing, also before anything is known", async (context) => {
	still(context);
	const hass = madeHass(madeSnapshot());
	hass.silent = true;
	const feed = feedOf(hass.connection);
	feed.listen(nothing);
	await settle();
	hass.send({ kind: "weather", at: 0 });
	assert.equal(feed.bank, null);
	assert.equal(subscribed(hass), 1);
	hass.send(madeSnapshot());
	const bank: unknown = feed.bank;
	assert.ok(bank);
	hass.send({ kind: "weather", at: 0 });
	assert.equal(feed.bank, bank);
});

test("the state can be waited for, or there is none after a while", async (context) => {
	still(context);
	const hass = madeHass(madeSnapshot());
	const bank = feedOf(hass.connection).known(1_000);
	await settle();
	assert.equal((await bank)?.strings.size, 1);

	const silent = madeHass(madeSnapshot());
	silent.silent = true;
	const none = feedOf(silent.connection).known(1_000);
	mock.timers.tick(1_000);
	assert.equal(await none, null);
});

test("two messages at once end the waiting once: the feed stays with the cards", async (context) => {
	still(context);
	const hass = madeHass(madeSnapshot());
	const feed = feedOf(hass.connection);
	hass.silent = true;
	const known = feed.known(1_000);
	await settle();
	hass.send(madeSnapshot());
	hass.send({ kind: "update", at: 1, lines: [], strings: [] }); // Home Assistant puts messages together
	await known;
	await settle();
	feed.listen(nothing);
	mock.timers.tick(11_000);
	await settle();
	assert.equal(hass.subscribers, 1);
	assert.equal(feed.status, "live");
});
