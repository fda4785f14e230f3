/**
 * Hands sealed answers to the service under the pass of their attempt. No login is needed and no cookie goes along: it works also after the
 * next person has logged in on this computer, and after the service was restored from an older copy.
 */
import { post, Refusal } from "./post.js";
import { base64url } from "./sealed.js";

const BATCH = 50;
const ROOM = 400_000; // letters of one request

/**
 * @template {{sealed: Uint8Array}} Item
 * @param {Item[]} items
 */
function* batches(items) {
  /** @type {{item: Item, text: string}[]} */
  let batch = [];
  let size = 0;
  for (const item of items) {
    const text = base64url(item.sealed);
    if (batch.length === BATCH || (batch.length && size + text.length > ROOM)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push({ item, text });
    size += text.length;
  }
  if (batch.length) yield batch;
}

/**
 * In order, batch by batch; `each` hears of every item what became of it. Gives the last reply, null when there was nothing to send.
 * A Refusal means that the rest is still to be delivered.
 * @template {{sealed: Uint8Array}} Item
 * @param {{url: string, pass: string}} place
 * @param {Item[]} items
 * @param {(item: Item, result: any) => unknown} each
 * @returns {Promise<any>}
 */
export async function deliver({ url, pass }, items, each) {
  let reply = null;
  for (const batch of batches(items)) {
    reply = await post(url, { pass, items: batch.map(({ text }) => text) }, { open: true, timeout: 30000 });
    for (const [index, result] of reply.results.entries()) await each(batch[index].item, result);
    if (reply.results.some(unsettled)) throw new Refusal(503, "busy", "Сервер занят.", 1);
  }
  return reply;
}

/** A refusal of one item that is none for good. @param {any} result */
export function unsettled(result) {
  return !result.saved && (result.error === "busy" || result.error === "unknown");
}
