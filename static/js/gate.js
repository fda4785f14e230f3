/**
 * Waits for an hour set by the server, then opens the page anew.
 * Contract: [data-opens] (ISO) with data-now (the server's moment when the page was made), [data-remaining] inside takes the figures.
 * The computer's own clock is never read. Without this module the person reloads the page.
 */
import { figures } from "./countdown.js";
import { ServerTime } from "./servertime.js";

const EARLY = 5000; // ms: never twice a second when the server is a little behind

/** @param {HTMLElement} box */
function wait(box) {
  const time = new ServerTime(box.dataset.now ?? "");
  const opens = Date.parse(box.dataset.opens ?? "");
  const place = box.querySelector("[data-remaining]");
  const tick = () => {
    const left = (opens - time.now()) / 1000;
    if (place) place.textContent = figures(left);
    if (left > 0) return;
    clearInterval(timer);
    setTimeout(() => location.reload(), performance.now() < EARLY ? EARLY : Math.random() * 300);
  };
  const timer = setInterval(tick, 250);
}

for (const box of document.querySelectorAll("[data-opens]")) wait(/** @type {HTMLElement} */ (box));
