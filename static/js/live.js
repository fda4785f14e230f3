/**
 * A page that changes without a reload. Contract: [data-rooms="contest:1 issue:2"] somewhere on the page names the rooms; on the event
 * «changed» the page is fetched again and each part [data-live="name"] is replaced by the part of the same name. A part in which somebody
 * types, or has opened a form, stays. A page with [data-follow] goes where its address leads now: an attempt that was closed and runs again.
 * Without a socket nothing happens: a reload shows the same.
 * The server answers `join` {room}; it sends `changed` to a room after the commit.
 */
import { io } from "../vendor/socket.io-client-4.8.4/socket.io.esm.min.js";

const CALM = 300; // ms: several facts of one transaction make one fetch
const GAP = 2000; // ms between two fetches, however much happens

/** @type {number} */
let timer = 0;
let fetched = -GAP; // performance.now() of the last fetch

/** @param {Element} part */
function busy(part) {
  return part.contains(document.activeElement) && Boolean(document.activeElement?.matches("input, select, textarea"));
}

async function refresh() {
  timer = 0;
  fetched = performance.now();
  const response = await fetch(location.href, { credentials: "same-origin", headers: { "X-Live": "1" } }).catch(() => null);
  if (response?.ok && response.redirected && document.querySelector("[data-follow]")) return location.assign(response.url);
  if (!response?.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${/** @type {HTMLElement} */ (part).dataset.live}"]`);
    if (!next || busy(part) || next.innerHTML === part.innerHTML) continue;
    const focus = part.contains(document.activeElement) ? document.activeElement?.id : "";
    part.replaceWith(document.importNode(next, true));
    if (focus) document.getElementById(focus)?.focus();
  }
}

function soon() {
  if (!timer) timer = setTimeout(refresh, Math.max(CALM, fetched + GAP - performance.now()));
}

const rooms = [...document.querySelectorAll("[data-rooms]")].flatMap((one) => (/** @type {HTMLElement} */ (one).dataset.rooms ?? "").split(/\s+/));
const wanted = [...new Set(rooms.filter(Boolean))];
if (wanted.length) {
  const socket = io({ transports: ["websocket", "polling"] });
  // Whatever changed between the page's making and the joining, at first or after a lost connection, is fetched once.
  socket.on("connect", () => wanted.forEach((room) => socket.emit("join", { room }, soon)));
  socket.on("changed", soon);
}
