/**
 * Sends what the outbox holds, without end: a single save when one waits, a batch when several do. Pauses grow as in pause.js.
 * When the service no longer knows this page's person, the sealed answers go another way, under the pass of the attempt (delivery.js).
 *
 * @typedef {import("./outbox.js").Entry} Entry
 * @typedef {{saving: () => void, failed: (refusal: Refusal, attempts: number) => void, refused: (entry: Entry, refusal: Refusal) => void,
 *   saved: (ack: any) => void, reply: (reply: any, sent: number, highest: number) => void}} Told
 */
import { deliver, unsettled } from "./delivery.js";
import { Pause } from "./pause.js";
import { post, Refusal } from "./post.js";

const BATCH = 50;
const ROOM = 150_000; // bytes of one batch
const LAST_ROOM = 60_000; // bytes a page that goes away may still send

/** @param {unknown} value */
const bytes = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

/** As many of the first as there is room for. @param {Entry[]} entries @param {number} room */
function fitting(entries, room) {
  return entries.filter((entry) => { room -= bytes(entry.save) + 1; return room >= 0; });
}

export class Sender {
  /** @param {string} url @param {import("./outbox.js").Outbox} outbox @param {Told} told */
  constructor(url, outbox, told) {
    this.url = url;
    this.outbox = outbox;
    this.told = told;
    this.pause = new Pause();
    this.single = false;
    this.foreign = false; // the attempt has another number now: only the other way leads there
    /** @type {Promise<unknown>} what must come first: answers sent again after a restore */
    this.before = Promise.resolve();
    /** @type {Promise<void>|null} */
    this.running = null;
    addEventListener("pagehide", () => this.last());
  }

  /** Starts sending unless it is going on; the promise ends when the outbox is empty. */
  kick() {
    this.running ??= this.run().finally(() => { this.running = null; });
    return this.running;
  }

  async run() {
    while (this.outbox.size) {
      await this.before;
      const all = this.outbox.waiting.slice(0, this.single ? 1 : BATCH);
      const some = fitting(all, ROOM);
      const entries = some.length ? some : all.slice(0, 1);
      for (const entry of entries) entry.flying = true;
      await Promise.all(entries.map((entry) => entry.ready));
      await this.attempt(entries);
    }
  }

  /** @param {Entry[]} entries */
  async attempt(entries) {
    try {
      if (!this.pause.failures) this.told.saving();
      await this.send(entries);
      this.pause.reset();
      this.single = false;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      for (const entry of entries) entry.flying = false;
      await this.failed(entries.filter((entry) => this.outbox.waiting.includes(entry)), error);
    }
  }

  /** @param {Entry[]} entries */
  async send(entries) {
    const [sent, highest, saves] = [performance.now(), this.outbox.highest, entries.map((entry) => entry.save)];
    if (this.foreign) throw new Refusal(404, "moved", "");
    const reply = await post(this.url, saves.length === 1 ? saves[0] : { saves });
    this.heard(entries, reply.results ?? [reply], reply, sent, highest);
  }

  /** @param {Entry[]} entries @param {any[]} results @param {any} reply @param {number} sent @param {number} highest */
  heard(entries, results, reply, sent, highest) {
    results.forEach((result, index) => this.settle(entries[index], result));
    this.told.reply(reply, sent, highest);
    if (results.some(unsettled)) throw new Refusal(503, "busy", "Сервер занят.", 1);
  }

  /** @param {Entry} entry @param {any} result */
  settle(entry, result) {
    if (result.saved) {
      this.outbox.acknowledged(entry, result);
      this.told.saved(result);
    } else if (!unsettled(result)) {
      this.outbox.drop(entry);
      this.told.refused(entry, new Refusal(409, result.error, result.text));
    }
  }

  /** @param {Entry[]} entries @param {Refusal} refusal */
  async failed(entries, refusal) {
    if (!this.foreign) this.told.failed(refusal, this.pause.failures);
    await this.before;
    if (refusal.stranger && await this.otherWay(entries)) return;
    if (refusal.passing || refusal.stranger) await this.pause.next(refusal.wait);
    else if (entries.length > 1) this.single = true;
    else this.settle(entries[0], { saved: false, error: refusal.code, text: refusal.message });
  }

  /** Under the pass, without a login. Whether it arrived. @param {Entry[]} entries */
  async otherWay(entries) {
    const [sent, highest] = [performance.now(), this.outbox.highest];
    try {
      const items = await Promise.all(entries.map(async (entry) => ({ entry, sealed: await this.outbox.sealed(entry) })));
      const reply = await deliver(this.outbox.place, items, ({ entry }, result) => this.settle(entry, result));
      this.told.reply(reply, sent, highest);
      return true;
    } catch {
      return false;
    }
  }

  /** The page goes away: whatever fits leaves with it. A repeated save gets the same acknowledgement. */
  last() {
    const saves = fitting(this.outbox.waiting, LAST_ROOM).map((entry) => entry.save);
    if (saves.length) post(this.url, saves.length === 1 ? saves[0] : { saves }, { keepalive: true }).catch(() => {});
  }
}
