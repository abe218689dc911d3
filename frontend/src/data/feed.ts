/** One subscription for all cards of a page, with its status: whether the values are current. */
import { applied, type Bank } from "./bank.ts";
import type { Connection } from "./hass.ts";
import type { Message } from "./payload.ts";

/** ms without a message, after which the server is asked. It sends one at least every 10 s. */
export const QUIET = 15_000;
/** ms that its answer may take. */
export const TIMEOUT = 5_000;
const LINGER = 10_000; // ms that a subscription outlives its last card, as when another view is opened
const PAUSES = [1_000, 2_000, 5_000, 10_000]; // ms between two attempts

/**
 * waiting: no message has come yet; live: values are current; stale: the server does not answer; lost: there is no
 * connection; unavailable: the server does not answer, and there are no earlier values.
 */
export type Status = "waiting" | "live" | "stale" | "lost" | "unavailable";

type Unsubscribe = () => Promise<void> | void;
type Timer = ReturnType<typeof setTimeout> | undefined;

const feeds = new WeakMap<Connection, Feed>();

export function feedOf(connection: Connection): Feed {
	const feed = feeds.get(connection) ?? new Feed(connection);
	feeds.set(connection, feed);
	return feed;
}

export class Feed {
	bank: Bank | null = null;
	status: Status = "waiting";
	/** When the last message came, in s since 1970. */
	updated: number | null = null;

	readonly #connection: Connection;
	readonly #listeners = new Set<() => void>();
	#unsubscribe: Unsubscribe | undefined;
	#attempt = 0; // the answers of an earlier one are ignored
	#failures = 0;
	#timer: Timer;
	#lingering: Timer;
	#on = false;

	constructor(connection: Connection) {
		this.#connection = connection;
	}

	/** Call back at each change, and once now if the feed is on; return the function that ends it. */
	listen(listener: () => void): () => void {
		this.#listeners.add(listener);
		clearTimeout(this.#lingering);
		if (this.#on) listener();
		else this.#begin();
		return () => {
			this.#listeners.delete(listener);
			clearTimeout(this.#lingering); // ended twice, it would end under the next listener
			if (!this.#listeners.size) this.#lingering = setTimeout(this.#end, LINGER);
		};
	}

	/** Wait for the state; null if that takes longer than `timeout`, in ms. */
	known(timeout: number): Promise<Bank | null> {
		return new Promise((resolve) => {
			const done = () => {
				clearTimeout(timer);
				queueMicrotask(() => unlisten());
				resolve(this.bank);
			};
			const timer = setTimeout(done, timeout);
			const unlisten = this.listen(() => this.bank && done());
		});
	}

	#begin(): void {
		this.#on = true;
		this.#connection.addEventListener("ready", this.#subscribe);
		this.#connection.addEventListener("disconnected", this.#lose);
		if (this.#connection.connected) this.#subscribe();
		else this.#lose();
	}

	readonly #end = (): void => {
		this.#on = false;
		this.#connection.removeEventListener("ready", this.#subscribe);
		this.#connection.removeEventListener("disconnected", this.#lose);
		this.#drop();
		this.status = "waiting";
	};

	// Subscribe again here, because the page's own resubscription fails for good while the server still starts.
	readonly #subscribe = (): void => {
		this.#drop();
		const attempt = this.#attempt;
		this.#timer = setTimeout(() => this.#fail(attempt), TIMEOUT);
		const message = { type: "battery_bank/subscribe" };
		const take = (news: Message) => this.#take(attempt, news);
		this.#connection.subscribeMessage(take, message, { resubscribe: false }).then(
			(end) => {
				if (attempt === this.#attempt) this.#unsubscribe = end;
				else this.#leave(end);
			},
			() => this.#fail(attempt),
		);
	};

	#take(attempt: number, message: Message): void {
		if (attempt !== this.#attempt) return;
		const bank = applied(this.bank, message);
		if (!bank) {
			if (message.kind === "update") this.#subscribe();
			return;
		}
		this.#failures = 0;
		this.updated = Date.now() / 1000;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(this.#subscribe, QUIET);
		if (bank === this.bank && this.status === "live") return;
		this.bank = bank;
		this.status = "live";
		this.#notify();
	}

	#fail(attempt: number): void {
		if (attempt !== this.#attempt) return;
		this.#drop();
		this.#become(this.bank ? "stale" : "unavailable");
		const pause = PAUSES[Math.min(this.#failures++, PAUSES.length - 1)];
		this.#timer = setTimeout(() => this.#connection.connected && this.#subscribe(), pause);
	}

	readonly #lose = (): void => {
		this.#drop();
		this.#become("lost");
	};

	#become(status: Status): void {
		if (this.status === status) return;
		this.status = status;
		this.#notify();
	}

	#notify(): void {
		for (const listener of [...this.#listeners]) listener();
	}

	#drop(): void {
		this.#attempt++;
		clearTimeout(this.#timer);
		if (this.#unsubscribe) this.#leave(this.#unsubscribe);
		this.#unsubscribe = undefined;
	}

	#leave(end: Unsubscribe): void {
		// Without a connection, the subscription ended with it.
		if (this.#connection.connected) Promise.resolve(end()).catch(() => undefined);
	}
}
