/**
 * The time is over, or the person leaves: the rest goes up first. Without network the page waits and says so.
 * Contract: body[data-after-url][data-close-url?]; [data-cover] is shown when the time is over; a[data-leave] leads to the last page.
 */
import { Pause } from "./pause.js";
import { post, Refusal } from "./post.js";
import { cover } from "./savestate.js";

/**
 * @typedef {{grid: import("./grid.js").Grid, outbox: import("./outbox.js").Outbox, sender: import("./sender.js").Sender,
 *   contact: import("./contact.js").Contact, state: import("./savestate.js").State, flush: () => void}} Parts
 */

export class Ending {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.closing = false;
    this.leaving = false;
    addEventListener("beforeunload", (event) => { if (parts.outbox.size && !this.leaving) event.preventDefault(); });
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    document.querySelector("[data-leave]")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.last(/** @type {HTMLAnchorElement} */ (event.currentTarget).href);
    });
  }

  /** @param {string} url */
  leave(url) {
    this.leaving = true;
    location.assign(url);
  }

  reload() {
    this.leaving = true;
    location.reload();
  }

  /** To the page that asks before finishing, once everything is on the server. @param {string} url */
  async last(url) {
    const { outbox, sender, contact, state, flush } = this.parts;
    flush();
    if (outbox.size) await sender.kick();
    const pause = new Pause();
    while (state.facts.trouble && !await contact.sync()) await pause.next();
    this.leave(url);
  }

  /** The deadline has come: the rest is sent, then the page after the exam opens. */
  async over() {
    if (this.closing) return;
    this.closing = true;
    const { grid, sender, flush } = this.parts;
    flush();
    cover("[data-cover]");
    grid.hold("over", true);
    await sender.kick();
    await this.close();
    this.leave(document.body.dataset.afterUrl ?? "/");
  }

  async close() {
    const { closeUrl } = document.body.dataset;
    const pause = new Pause();
    while (closeUrl) {
      try {
        return await post(closeUrl, { reason: "deadline" });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.parts.state.failed(error);
        if (error.stranger || !error.passing) return null;
        await pause.next(error.wait);
      }
    }
    return null;
  }
}
