/**
 * The service has fewer answers than it acknowledged to this browser, or not even the attempt: it was restored from an older copy. What was
 * acknowledged is delivered again, in its order, with the sealed receipts; afterwards everything goes on where the reply says.
 */
import { deliver } from "./delivery.js";
import { Pause } from "./pause.js";
import { Refusal } from "./post.js";
import { final } from "./unsent.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */

/** @typedef {import("./store.js").Item} Item */

/** Acknowledged answers of this attempt on this computer, by the pass they were sealed under, the oldest first. @param {Outbox} outbox */
async function history(outbox) {
  await Promise.all(outbox.done.map((entry) => entry.ready));
  const [store, { place }] = [await outbox.store, outbox];
  const own = store ? (await store.groups()).filter((group) => group.attempt === place.attempt || group.moved === place.attempt) : [];
  const parts = [];
  for (const { url, pass, attempt } of own.sort((one, other) => other.moved - one.moved)) {
    const items = (await store?.items(attempt) ?? []).filter((item) => item.number).sort((one, other) => one.number - other.number);
    parts.push({ url, pass, items });
  }
  /** @type {Promise<Item>[]} */
  const unkept = outbox.done.filter((entry) => entry.key === undefined)
    .map(async (entry) => ({ number: 0, client: "", attempt: 0, sealed: await outbox.sealed(entry) }));
  return [...parts, { url: place.url, pass: place.pass, items: await outbox.seal ? await Promise.all(unkept) : [] }];
}

/** Highest number acknowledged to this browser, in earlier pages too. @param {Outbox} outbox */
export async function highest(outbox) {
  const parts = await history(outbox);
  return Math.max(0, ...parts.flatMap((part) => part.items.map((item) => item.number)));
}

/** Everything once. Gives the last reply; null when there is nothing to send again. @param {Outbox} outbox */
async function round(outbox) {
  if (!await outbox.seal) return repeat(outbox);
  const store = await outbox.store;
  let reply = null;
  for (const part of await history(outbox)) {
    reply = await deliver(part, part.items, async (item, result) => {
      if (final(result)) await store?.drop(item.key);
      else if (result.saved && item.key !== undefined && item.number !== result.number) await store?.keep({ ...item, number: result.number });
    }) ?? reply;
  }
  return reply;
}

/** Without WebCrypto the answers of this page are simply saved once more. @param {Outbox} outbox */
function repeat(outbox) {
  outbox.waiting = [...outbox.done, ...outbox.waiting];
  outbox.done = [];
  outbox.highest = 0;
  return null;
}

/**
 * Until it has succeeded, or was refused for good (then null).
 * @param {Outbox} outbox
 * @param {(refusal: Refusal) => void} failed
 * @returns {Promise<any>}
 */
export async function sendAgain(outbox, failed) {
  const pause = new Pause();
  for (;;) {
    try {
      const reply = await round(outbox);
      if (reply) outbox.highest = reply.number ?? 0;
      return reply;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failed(error);
      if (!error.passing) { outbox.highest = 0; return null; }
      await pause.next(error.wait);
    }
  }
}

/** The attempt goes on under another number: the receipt of that one ends what is kept here, too. @param {Outbox} outbox @param {number} attempt */
export async function moved(outbox, attempt) {
  const store = await outbox.store;
  for (const group of await store?.groups() ?? []) {
    if (group.attempt === outbox.place.attempt || group.moved === outbox.place.attempt) await store?.enter({ ...group, moved: attempt });
  }
}
