/**
 * Sends what the outbox holds, one after another, without end: 1, 2, 4, 8, 15 s between attempts, with jitter, at once when the network is back.
 */
import { post, Refusal } from "./post.js";

const WAITS = [1, 2, 4, 8, 15];

export class Sender {
  /**
   * @param {string} url
   * @param {import("./outbox.js").Outbox} outbox
   * @param {{saving: () => void, saved: (save: import("./outbox.js").Save, reply: any, sent: number) => void, offline: (refusal: Refusal) => void,
   *   refused: (save: import("./outbox.js").Save, refusal: Refusal) => void}} told
   */
  constructor(url, outbox, told) {
    this.url = url;
    this.outbox = outbox;
    this.told = told;
    this.failures = 0;
    /** @type {Promise<void>|null} */
    this.running = null;
    this.wake = () => {};
    addEventListener("online", () => this.wake());
    addEventListener("pagehide", () => this.last());
  }

  /** Starts sending unless it is going on; the promise ends when the outbox is empty. */
  kick() {
    this.running ??= this.run().finally(() => { this.running = null; });
    return this.running;
  }

  async run() {
    for (let save = this.outbox.first(); save; save = this.outbox.first()) {
      const sent = performance.now();
      try {
        if (!this.failures) this.told.saving();
        const reply = await post(this.url, save);
        this.outbox.drop(save);
        this.failures = 0;
        this.told.saved(save, reply, sent);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        await this.failed(save, error);
      }
    }
  }

  /** @param {import("./outbox.js").Save} save @param {Refusal} refusal */
  async failed(save, refusal) {
    if (!refusal.passing) {
      this.outbox.drop(save);
      this.told.refused(save, refusal);
      return;
    }
    this.told.offline(refusal);
    const seconds = WAITS[Math.min(this.failures, WAITS.length - 1)] * (0.75 + Math.random() / 2);
    this.failures += 1;
    await new Promise((resolve) => { this.wake = () => resolve(undefined); setTimeout(resolve, seconds * 1000); });
  }

  /** The page goes away: whatever is left leaves with it. A repeated save gets the same acknowledgement. */
  last() {
    for (const save of this.outbox.all()) post(this.url, save, { keepalive: true }).catch(() => {});
  }
}
