/**
 * The words of the cards, from the integration, in the language of the user.
 *
 * @typedef {import("./types").Connection} Connection
 */

/** @type {WeakMap<Connection, Map<string, Promise<Texts>>>} */
const loaded = new WeakMap();

export class Texts {
  /** @param {Record<string, string>} texts */
  constructor(texts) {
    this.texts = texts;
  }

  /**
   * Return a text with its braces filled in; the key where there is none.
   *
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   * @returns {string}
   */
  say(key, values = {}) {
    return this.or(key, key, values);
  }

  /**
   * Return a text, or something else where there is none.
   *
   * @param {string} key
   * @param {string} otherwise
   * @param {Record<string, string | number>} [values]
   * @returns {string}
   */
  or(key, otherwise, values = {}) {
    return (this.texts[key] ?? otherwise).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  }

  /** @param {{kind: string, name?: string}} alarm */
  alarm(alarm) {
    return this.or(`alarm.${alarm.kind}`, alarm.name ?? alarm.kind);
  }

  /** @param {{kind: string, what_to_do?: string}} alarm */
  advice(alarm) {
    return this.or(`what_to_do.${alarm.kind}`, alarm.what_to_do ?? "");
  }
}

/**
 * Load the texts of a language once; a failure is not kept.
 *
 * @param {Connection} connection
 * @param {string} language
 * @returns {Promise<Texts>}
 */
export function textsOf(connection, language) {
  let languages = loaded.get(connection);
  if (!languages) loaded.set(connection, (languages = new Map()));
  let texts = languages.get(language);
  if (!texts) {
    texts = connection
      .sendMessagePromise({ type: "battery_bank/texts", language })
      .then((answer) => new Texts(answer.texts));
    texts.catch(() => languages.delete(language));
    languages.set(language, texts);
  }
  return texts;
}
