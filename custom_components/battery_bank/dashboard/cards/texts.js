/** @type {WeakMap<Connection, Map<string, Promise<Texts>>>} */
const loaded = new WeakMap()

export class Texts {
	/** @param {Record<string, string>} texts by key @param {string} [language] of the texts, which may not be the user's */
	constructor(texts, language) {
		this.texts = texts
		this.language = language
	}

	/** @param {string} key @param {Record<string, string | number>} [values] for the placeholders of the text */
	say = (key, values) => {
		const text = this.or(key, key)
		return values ? text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : text
	}

	/** @param {string} key @param {string} otherwise */
	or(key, otherwise) {
		return this.texts[key] ?? otherwise
	}

	alarm(/** @type {Alarm} */ alarm) {
		return this.or(`alarm.${alarm.kind}`, alarm.name)
	}
}

/** Load the texts once for each language; a failed request is repeated. @param {Connection} connection @param {string} language */
export function textsOf(connection, language) {
	const languages = loaded.get(connection) ?? new Map()
	loaded.set(connection, languages)
	if (!languages.has(language)) {
		const asked = connection.sendMessagePromise({type: "battery_bank/texts", language})
		const texts = asked.then((answer) => new Texts(answer.texts, answer.language))
		texts.catch(() => languages.delete(language))
		languages.set(language, texts)
	}
	return /** @type {Promise<Texts>} */ (languages.get(language))
}
