/**
 * The words about saving. Contract: [data-save-state] holds [data-state=idle|saving|saved|offline|refused], one shown; [data-offline] and
 * [data-refused] are the notes above the question; [data-words] inside them takes the text.
 */
import { offsetOf, two } from "./clock.js";

/** @param {string} selector @param {boolean} on */
export function reveal(selector, on) {
  document.querySelector(selector)?.toggleAttribute("hidden", !on);
}

/** @param {string} selector @param {string} words */
function write(selector, words) {
  const place = document.querySelector(`${selector} [data-words]`);
  if (place) place.textContent = words;
}

/** @param {"saving"|"saved"|"offline"|"refused"} state @param {string} [words] */
export function show(state, words = "") {
  for (const one of document.querySelectorAll("[data-save-state] [data-state]")) {
    one.toggleAttribute("hidden", /** @type {HTMLElement} */ (one).dataset.state !== state);
  }
  if (state === "saved") write("[data-state=saved]", words);
  if (state === "refused") write("[data-refused]", words);
  reveal("[data-offline]", state === "offline");
  if (state === "saved" || state === "refused") reveal("[data-refused]", state === "refused");
}

/**
 * «12:03:07» in the offset of the contest.
 * @param {string} iso the moment
 * @param {string} local any moment written with the contest's offset
 */
export function clockWords(iso, local) {
  const at = new Date(Date.parse(iso) + offsetOf(local));
  return [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(":");
}
