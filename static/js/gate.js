/**
 * Waits for an hour set by the server, then opens the page anew. Contract: hour.js; a box with data-package-url is left to sealedtask.js.
 * Without this module the person reloads the page.
 */
import { awaitHour } from "./hour.js";

const EARLY = 5000; // ms: never twice a second when the server is a little behind

for (const box of document.querySelectorAll("[data-opens]:not([data-package-url])")) {
  awaitHour(/** @type {HTMLElement} */ (box), () => {
    setTimeout(() => location.reload(), Math.max(0, EARLY - performance.now()));
  });
}
