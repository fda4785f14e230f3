/**
 * Waits for an hour by the server's clock; then, spread over five seconds so that a thousand pages do not ask at once, goes on.
 * Contract: [data-opens] (ISO) with data-now (the server's moment when the page was made); [data-remaining] inside takes the figures,
 * [data-state=opening] (hidden) is shown during the spread and is made where the page has none. The computer's own clock is never read.
 * The event «task-state» on document {now, sent, received} corrects the time.
 */
import { figures } from "./countdown.js";
import { ServerTime } from "./servertime.js";

export const SPREAD = 5000; // ms
const TICK = 250; // ms
const WORDS = "Открываем… до 5 секунд";

/** @param {HTMLElement} box */
function tell(box) {
  const place = /** @type {HTMLElement|null} */ (box.querySelector("[data-state=opening]"));
  if (place) {
    for (const one of place.parentElement?.querySelectorAll("[data-state]") ?? []) one.toggleAttribute("hidden", one !== place);
    return;
  }
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  line.textContent = WORDS;
  box.append(line);
}

/**
 * @param {HTMLElement} box
 * @param {() => void} opened called once, up to five seconds after the hour
 * @returns {ServerTime}
 */
export function awaitHour(box, opened) {
  const time = new ServerTime(box.dataset.now ?? "");
  const opens = Date.parse(box.dataset.opens ?? "");
  const share = Math.random() * SPREAD;
  const place = box.querySelector("[data-remaining]");
  const tick = () => {
    const left = (opens - time.now()) / 1000;
    if (place) place.textContent = figures(left);
    if (left > 0) return;
    clearInterval(timer);
    tell(box);
    setTimeout(opened, share);
  };
  document.addEventListener("task-state", (event) => {
    const { now, sent, received } = /** @type {CustomEvent} */ (event).detail;
    time.sample(now, sent, received);
  });
  const timer = setInterval(tick, TICK);
  return time;
}
