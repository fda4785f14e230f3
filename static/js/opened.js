/**
 * Tells the server that the text of the task has been shown.
 * Contract: [data-opened-url] on the element that holds the text. Sent when the page is drawn and in sight, once; repeated until it arrives.
 */
import { post } from "./post.js";

const AGAIN = 3000; // ms

/** @param {string} url */
function tell(url) {
  post(url, {}).catch((refusal) => { if (refusal.passing) setTimeout(tell, AGAIN, url); });
}

const { openedUrl } = /** @type {HTMLElement|null} */ (document.querySelector("[data-opened-url]"))?.dataset ?? {};

function drawn() {
  if (document.hidden || !openedUrl) return;
  document.removeEventListener("visibilitychange", drawn);
  requestAnimationFrame(() => tell(openedUrl));
}

document.addEventListener("visibilitychange", drawn);
drawn();
