/**
 * Notices that the version of the task on this page was withdrawn, was followed by another, or has another hour, and leads to the door of the
 * task. Contract: [data-watch] (address of the state) with data-room, data-gate-url, data-releases and, on the page that says so itself,
 * data-withdrawn. Asked when the socket says «changed», when it joins, when the page comes into sight, and once a minute.
 * Each answer goes out as the event «task-state» on document, for the clock.
 */
import { io } from "../vendor/socket.io-client-4.8.4/socket.io.esm.min.js";
import { get } from "./post.js";

const MINUTE = 60_000; // ms

/** @param {HTMLElement} box */
function watch(box) {
  const { watch: url = "", room = "", gateUrl = "", releases = "" } = box.dataset;
  const ask = async () => {
    const sent = performance.now();
    const state = await get(url).catch(() => null);
    if (!state) return;
    document.dispatchEvent(new CustomEvent("task-state", { detail: { now: state.now, sent, received: performance.now() } }));
    const moved = Date.parse(state.releases_at) !== Date.parse(releases);
    if (state.withdrawn !== ("withdrawn" in box.dataset) || state.next || moved) location.replace(gateUrl);
  };
  const socket = io({ transports: ["websocket", "polling"] });
  socket.on("connect", () => socket.emit("join", { room }, ask));
  socket.on("changed", ask);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  addEventListener("online", ask);
  setInterval(ask, MINUTE + Math.random() * MINUTE / 4);
}

const found = /** @type {HTMLElement|null} */ (document.querySelector("[data-watch]"));
if (found) watch(found);
