/**
 * What an earlier page left on this computer goes up as it lies, sealed, under the pass of its attempt. Nobody here can read it.
 */
import { deliver } from "./delivery.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./store.js").Group} Group */

/**
 * Deliver the unsent answers of one attempt. A Refusal means that some still wait; what the service cannot read stays, too.
 * @param {Store} store
 * @param {Group} group
 * @returns {Promise<{settled: number, refused: string[], reply: any}>} what was refused for good, in words, and the last reply
 */
export async function deliverUnsent(store, group) {
  /** @type {string[]} */
  const refused = [];
  let settled = 0;
  const reply = await deliver(group, await store.unsent(group.attempt), async (item, result) => {
    if (result.saved) await store.keep({ ...item, number: result.number || 1 });
    else if (final(result)) { await store.drop(item.key); refused.push(result.text); }
    else return;
    settled += 1;
  });
  return { settled, refused, reply };
}

/** Refused once and for all: the service has understood it and keeps it apart, or will never take it. @param {any} result */
export function final(result) {
  return !result.saved && !["busy", "unknown", "bad_item"].includes(result.error);
}
