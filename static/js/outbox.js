/**
 * Answers that are not yet acknowledged. This one keeps them in the page's memory; a durable one needs the same five members.
 *
 * @typedef {{question: string|number, seq: number, value: unknown, client_id: string, mono: number, page_id: string}} Save
 */

/** A random id of 32 hex figures; crypto.randomUUID exists only over https. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  constructor() {
    /** @type {Save[]} */
    this.saves = [];
  }

  /** An unsent older save of the same question is replaced: the higher seq wins anyway. @param {Save} save */
  put(save) {
    this.saves = [...this.saves.filter((one) => one.question !== save.question), save];
  }

  /** @returns {Save|undefined} */
  first() {
    return this.saves[0];
  }

  /** @returns {Save[]} */
  all() {
    return [...this.saves];
  }

  /** @param {Save} save acknowledged or refused for good */
  drop(save) {
    this.saves = this.saves.filter((one) => one.client_id !== save.client_id);
  }

  get size() {
    return this.saves.length;
  }
}
