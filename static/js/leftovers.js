/**
 * Any page of the service sends what other attempts have left on this computer: the network was away, or the person before has gone.
 * One tab does it at a time, and never for an attempt that is open in a tab of its own. Nothing is shown; see the page /device.
 */
import { openStore } from "./store.js";
import { alone } from "./tabs.js";
import { deliverUnsent } from "./unsent.js";

const AGAIN = 60_000;
const KEPT = 30 * 24 * 3600 * 1000; // ms after which acknowledged answers of an attempt are dropped

/** The server's moment on this page, 0 where none is written. */
const moment = () => Date.parse(/** @type {HTMLTimeElement|null} */ (document.querySelector("time[data-clock]"))?.dateTime ?? "") || 0;

/** Whether everything is gone. @param {import("./store.js").Store} store */
async function round(store) {
  let left = 0;
  for (const group of await store.groups()) {
    if (String(group.attempt) === document.body.dataset.attempt) continue;
    if ((await store.unsent(group.attempt)).length) {
      const done = await alone(`attempt-${group.attempt}`, () => deliverUnsent(store, group)).catch(() => false);
      left += Number(!done);
    } else if (group.since + KEPT < moment()) {
      await store.wipe(group.attempt);
    }
  }
  return left === 0;
}

export async function sendLeftovers() {
  const store = await openStore().catch(() => null);
  if (!store) return;
  let clean = true;
  await alone("leftovers", async () => { clean = await round(store); }).catch(() => {});
  store.base.close();
  if (!clean) setTimeout(sendLeftovers, AGAIN);
}

addEventListener("online", sendLeftovers);
sendLeftovers();
