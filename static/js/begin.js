/**
 * Before the first answer of a page: one tab only, and what an earlier page of this attempt left on this computer goes up first.
 * Contract: [data-other-tab] covers the page, [data-take] in it takes the exam over; body[data-ready] appears at the end.
 */
import { Pause } from "./pause.js";
import { Refusal } from "./post.js";
import { refuseAll } from "./refusals.js";
import { highest } from "./restore.js";
import { cover } from "./savestate.js";
import { hold, take } from "./tabs.js";
import { deliverUnsent } from "./unsent.js";

const TRIES = 4; // then the person goes on, and the rest goes up with the next page
const LEAP = 1000; // seq of what the person writes meanwhile: later than anything that still waits
const REFUSED = "refused-answer"; // sessionStorage: words for the page after the reload

/** Whether the page may be answered now. @param {import("./ending.js").Parts & {ending: any, recovery: any}} parts */
export async function begin({ grid, outbox, contact, state, flush, ending, recovery }) {
  grid.hold("begin", true);
  const name = `attempt-${outbox.place.attempt}`;
  const lost = () => { flush(); grid.hold("other", true); elsewhere(name); };
  if (!await hold(name, lost)) { elsewhere(name); return false; }
  const before = await earlier(outbox, state);
  if (before === "sent") { ending.reload(); return false; }
  if (before === "waits") for (const section of grid.sections) section.dataset.seq = String(Number(section.dataset.seq) + LEAP);
  outbox.highest = Math.max(outbox.highest, await highest(outbox));
  state.set({ phase: "" });
  refusedBefore();
  const { number, room } = document.body.dataset;
  if (Number(number ?? 0) < outbox.highest) recovery.start("again");
  if (room) contact.listen(room);
  grid.hold("begin", false);
  document.body.dataset.ready = "";
  return true;
}

/** @param {string} name */
function elsewhere(name) {
  cover("[data-other-tab]");
  /** @type {HTMLElement|null} */ (document.querySelector("[data-take]"))?.focus();
  document.querySelector("[data-take]")?.addEventListener("click", () => take(name).then(() => location.reload()), { once: true });
}

/**
 * Deliver what is left of this attempt. «clean»: nothing was left; «sent»: the page must be asked for anew; «waits»: not now.
 * @param {import("./outbox.js").Outbox} outbox
 * @param {import("./savestate.js").State} state
 * @returns {Promise<"clean"|"sent"|"waits">}
 */
async function earlier(outbox, state) {
  const store = await outbox.store;
  const { attempt } = outbox.place;
  const group = (await store?.groups())?.find((one) => one.attempt === attempt);
  if (!store || !group || !(await store.unsent(attempt)).length) return "clean";
  state.set({ phase: "left" });
  const pause = new Pause();
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      const { settled, refused } = await deliverUnsent(store, group);
      if (refused.length) sessionStorage.setItem(REFUSED, refused.join(" "));
      return settled ? "sent" : "waits";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      state.failed(error);
      if (!error.passing) return "waits";
      await pause.next(error.wait);
    }
  }
  return "waits";
}

/** What was refused before the reload, once. */
function refusedBefore() {
  const words = sessionStorage.getItem(REFUSED);
  sessionStorage.removeItem(REFUSED);
  if (words) refuseAll(words);
}
