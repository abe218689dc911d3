/** A request besides the feed: its last answer, and another attempt after a failure. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

const AGAIN = 10_000; // ms after a failure

export class Answer<T> implements ReactiveController {
	value: T | undefined;
	error: unknown;
	readonly #host: ReactiveControllerHost;
	#attempt = 0; // the answers of an earlier one are ignored
	#timer: ReturnType<typeof setTimeout> | undefined;
	#waiting: (() => Promise<T>) | undefined;

	constructor(host: ReactiveControllerHost) {
		this.#host = host;
		host.addController(this);
	}

	/** Ask, in `later` ms if given; until the new answer comes, the last one stays. */
	ask(question: () => Promise<T>, later = 0): void {
		this.#attempt++;
		clearTimeout(this.#timer);
		this.#waiting = question;
		if (later) this.#timer = setTimeout(() => void this.#send(question), later);
		else void this.#send(question);
	}

	/** Whether an answer is still to come. */
	get pending(): boolean {
		return this.#waiting !== undefined;
	}

	forget(): void {
		this.#attempt++;
		clearTimeout(this.#timer);
		this.#waiting = this.value = this.error = undefined;
	}

	hostConnected(): void {
		if (this.#waiting) void this.#send(this.#waiting);
	}

	hostDisconnected(): void {
		this.#attempt++;
		clearTimeout(this.#timer);
	}

	async #send(question: () => Promise<T>): Promise<void> {
		const attempt = ++this.#attempt;
		try {
			const value = await question();
			if (attempt !== this.#attempt) return;
			this.#waiting = this.error = undefined;
			this.value = value;
		} catch (error) {
			if (attempt !== this.#attempt) return;
			this.error = error;
			this.#timer = setTimeout(() => void this.#send(question), AGAIN);
		}
		this.#host.requestUpdate();
	}
}
