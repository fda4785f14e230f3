/**
 * The final receipt has been shown: what was kept of this attempt on this computer is no longer needed. Unsent answers go up first; while they
 * cannot, they stay.
 * Contract: [data-final-receipt] with data-attempt.
 */
import { openStore } from "./store.js";
import { alone } from "./tabs.js";
import { deliverUnsent } from "./unsent.js";

/** @param {number} attempt */
async function wipe(attempt) {
  const store = await openStore();
  for (const group of await store.groups()) {
    if (group.attempt !== attempt && group.moved !== attempt) continue;
    await deliverUnsent(store, group);
    if (!(await store.unsent(group.attempt)).length) await store.wipe(group.attempt);
  }
}

const attempt = Number(/** @type {HTMLElement|null} */ (document.querySelector("[data-final-receipt]"))?.dataset.attempt);
if (attempt) alone(`attempt-${attempt}`, () => wipe(attempt)).catch(() => {});
