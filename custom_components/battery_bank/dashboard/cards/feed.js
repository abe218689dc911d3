// One subscription for all cards of a page, with its status: whether the values are current.
import {State} from "./state.js"

export const QUIET = 15_000 // ms without a message, after which the server is asked
export const TIMEOUT = 5_000 // ms for its answer
const LINGER = 10_000 // ms that a subscription outlives its last card, as when another view is opened
const PAUSES = [1_000, 2_000, 5_000, 10_000] // ms between two attempts

/** @type {Change} */
const EVERYTHING = {lines: true, strings: null}

/** @type {WeakMap<Connection, Feed>} */
const feeds = new WeakMap()

export function feedOf(/** @type {Connection} */ connection) {
	const feed = feeds.get(connection) ?? made(connection)
	feeds.set(connection, feed)
	return feed
}

function made(/** @type {Connection} */ connection) {
	/** @type {Set<(change: Change) => void>} */
	const listeners = new Set()
	/** @type {Unlisten | undefined} */
	let unsubscribe
	let turn = 0 // answers to what an earlier turn asked are not for us
	let tries = 0
	/** @type {Timer} */
	let timer
	/** @type {Timer} */
	let lingering
	let on = false

	const publish = (/** @type {Change} */ change) => {
		for (const listener of [...listeners]) listener(change)
	}

	const become = (/** @type {Status} */ status) => {
		if (feed.status === status) return
		feed.status = status
		publish(EVERYTHING)
	}

	const leave = (/** @type {Unlisten | undefined} */ end) => {
		if (end && connection.connected) Promise.resolve(end()).catch(() => {}) // else it went with the connection
	}

	const drop = () => {
		turn++
		clearTimeout(timer)
		leave(unsubscribe)
		unsubscribe = undefined
	}

	const lose = () => {
		drop()
		become("lost")
	}

	// Subscribe again here, because the page's own resubscription fails for good while the server still starts.
	const subscribe = async () => {
		drop()
		const mine = turn
		timer = setTimeout(() => fail(mine), TIMEOUT)
		try {
			const message = {type: "battery_bank/subscribe"}
			const end = await connection.subscribeMessage((news) => take(mine, news), message, {resubscribe: false})
			if (mine === turn) unsubscribe = end
			else leave(end)
		} catch {
			fail(mine)
		}
	}

	const fail = (/** @type {number} */ mine) => {
		if (mine !== turn) return
		drop()
		become(feed.state.known ? "stale" : "unavailable")
		const pause = PAUSES[Math.min(tries++, PAUSES.length - 1)]
		timer = setTimeout(() => connection.connected && subscribe(), pause)
	}

	/** @param {number} mine @param {Message} message */
	const take = (mine, message) => {
		if (mine !== turn) return
		const change = feed.state.take(message)
		if (!change) return void subscribe()
		tries = 0
		feed.updated = Date.now() / 1000
		clearTimeout(timer)
		timer = setTimeout(subscribe, QUIET)
		const before = feed.status
		feed.status = "live"
		publish(before === "live" ? change : EVERYTHING)
	}

	const begin = () => {
		on = true
		connection.addEventListener("ready", subscribe)
		connection.addEventListener("disconnected", lose)
		if (connection.connected) subscribe()
		else lose()
	}

	const end = () => {
		on = false
		connection.removeEventListener("ready", subscribe)
		connection.removeEventListener("disconnected", lose)
		drop()
		feed.status = "waiting"
	}

	/** @type {Feed} */
	const feed = {
		state: new State(),
		status: "waiting",
		updated: null,
		listen(listener) {
			listeners.add(listener)
			clearTimeout(lingering)
			if (on) listener(EVERYTHING)
			else begin()
			return () => {
				listeners.delete(listener)
				clearTimeout(lingering) // left twice, it would end under whoever came next
				if (!listeners.size) lingering = setTimeout(end, LINGER)
			}
		},
		known: (timeout) =>
			new Promise((resolve) => {
				const done = () => {
					clearTimeout(timer)
					queueMicrotask(() => unlisten())
					resolve(feed.state.known ? feed.state : null)
				}
				const timer = setTimeout(done, timeout)
				const unlisten = feed.listen(() => feed.state.known && done())
			}),
	}
	return feed
}
