/**
 * Tells the server that the text of the task has been shown.
 * Contract: [data-opened-url] on the element that holds the text. Sent when the page is drawn and in sight, once; repeated until it arrives.
 */
import { post } from "./post.js";

const AGAIN = 3000; // ms

/** Send a fact until it arrives or is refused. @param {string} url */
export function report(url) {
  post(url, {}, { keepalive: true }).catch((refusal) => { if (refusal.passing) setTimeout(report, AGAIN, url); });
}

/** Report the rendering of a text that is in the page now. @param {ParentNode} root */
export function drawn(root) {
  const { openedUrl } = /** @type {HTMLElement|null} */ (root.querySelector("[data-opened-url]"))?.dataset ?? {};
  if (!openedUrl) return;
  const look = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", look);
    requestAnimationFrame(() => report(openedUrl));
  };
  document.addEventListener("visibilitychange", look);
  look();
}

drawn(document);
