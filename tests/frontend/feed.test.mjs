import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { feedOf, TIMEOUT, QUIET } from "../../custom_components/battery_bank/dashboard/cards/feed.js";
import { madeHass, madeSnapshot } from "./made.mjs";

/** Let what is promised happen. */
async function settle() {
	for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function started(context) {
	mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
	context.after(() => mock.timers.reset());
	const hass = madeHass(madeSnapshot());
	const feed = feedOf(hass.connection);
	const changes = [];
	const unlisten = feed.listen((change) => changes.push([feed.status, change]));
	return { hass, feed, changes, unlisten };
}

const subscribed = (hass) => hass.asked.filter(({ type }) => type === "battery_bank/subscribe").length;

test("all cards of a page share one subscription", async (context) => {
	const { hass, feed } = started(context);
	feedOf(hass.connection).listen(() => {});
	feed.listen(() => {});
	await settle();
	assert.equal(feed.status, "live");
	assert.equal(subscribed(hass), 1);
	assert.equal(hass.subscribers, 1);
});

test("a listener that comes later is told what is known", async (context) => {
	const { feed } = started(context);
	await settle();
	const told = [];
	feed.listen((change) => told.push(change));
	assert.deepEqual(told, [{ lines: true, strings: null }]);
});

test("the subscription ends a while after the last card, not between two views", async (context) => {
	const { hass, feed, unlisten } = started(context);
	await settle();
	unlisten();
	mock.timers.tick(1_000);
	const again = feed.listen(() => {});
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
	const updated = feed.updated;
	mock.timers.tick(TIMEOUT);
	await settle();
	assert.equal(feed.status, "stale");
	assert.equal(feed.updated, updated);
	assert.equal(changes.filter(([status]) => status === "stale").length, 1);

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

test("a lost connection is told at once; the integration may be later than the server", async (context) => {
	const { hass, feed, changes } = started(context);
	await settle();
	hass.drop();
	assert.equal(feed.status, "lost");
	assert.deepEqual(changes.at(-1), ["lost", { lines: true, strings: null }]);
	assert.ok(feed.state.known, "what was known stays, marked as old");

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
	mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
	context.after(() => mock.timers.reset());
	const hass = madeHass(madeSnapshot());
	hass.refuse = { code: "unknown_command", message: "Unknown command." };
	const feed = feedOf(hass.connection);
	feed.listen(() => {});
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

test("who waits for the state gets it, or nothing after a while", async (context) => {
	mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
	context.after(() => mock.timers.reset());
	const hass = madeHass(madeSnapshot());
	const state = feedOf(hass.connection).known(1_000);
	await settle();
	assert.equal((await state).strings.size, 1);

	const silent = madeHass(madeSnapshot());
	silent.silent = true;
	const nothing = feedOf(silent.connection).known(1_000);
	mock.timers.tick(1_000);
	assert.equal(await nothing, null);
});

test("who waits for the first values and gets two messages at once leaves the feed to the cards", async (context) => {
	mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
	context.after(() => mock.timers.reset());
	const hass = madeHass(madeSnapshot());
	const feed = feedOf(hass.connection);
	hass.silent = true;
	const known = feed.known(1_000);
	await settle();
	hass.send(madeSnapshot());
	hass.send({ kind: "update", at: 1, lines: [], strings: [] }); // Home Assistant puts messages together
	await known;
	await settle();
	feed.listen(() => {});
	mock.timers.tick(11_000);
	await settle();
	assert.equal(hass.subscribers, 1);
	assert.equal(feed.status, "live");
});
