/**
 * Stays in touch with the server: a sign of life every ten seconds, at once after sleep, on the network's return, when the page is looked at
 * again and when the server says that something changed. Each reply brings time, deadline and the number of saves.
 */
import { Pause } from "./pause.js";
import { get, post, Refusal } from "./post.js";

const EVERY = 10_000;
const FRESH = 5_000; // ms: a save just acknowledged was a sign of life, too; two signs are never more than 16 s apart
const TRIES = 4;
const SPREAD = 500; // ms: a thousand pages told at once do not ask at once

/** @typedef {{reply: (reply: any, sent: number, highest: number) => void, failed: (refusal: Refusal) => void}} Told */

export class Contact {
  /** @param {{heartbeatUrl?: string, stateUrl?: string}} urls @param {import("./outbox.js").Outbox} outbox @param {Told} told */
  constructor({ heartbeatUrl, stateUrl }, outbox, told) {
    this.ask = () => (heartbeatUrl ? post(heartbeatUrl, {}) : get(stateUrl ?? ""));
    this.outbox = outbox;
    this.told = told;
    this.last = performance.now();
    /** @type {Promise<boolean>|null} */
    this.running = null;
    if (heartbeatUrl || stateUrl) this.begin();
  }

  begin() {
    const beat = () => {
      if (performance.now() - this.last > FRESH) this.sync();
      setTimeout(beat, EVERY + (Math.random() - 0.5) * 2000);
    };
    setTimeout(beat, EVERY * Math.random());
    for (const name of ["online", "visibilitychange"]) addEventListener(name, () => { if (!document.hidden) this.sync(); }, { capture: true });
    addEventListener("offline", () => this.told.failed(new Refusal(0, "offline", "")));
  }

  /** Whether the server answered. Asked again while a question is under way, it waits for that reply. */
  sync() {
    this.running ??= this.once().finally(() => { this.running = null; });
    return this.running;
  }

  async once() {
    const [sent, highest] = [performance.now(), this.outbox.highest];
    try {
      const reply = await this.ask();
      this.told.reply(reply, sent, highest);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.told.failed(error);
      if (error.stranger) await renew();
      return false;
    }
  }

  /** After sleep: a question asked before it says nothing. Asked four times, then the page goes on without. @param {() => void} forget */
  async again(forget) {
    await this.running;
    forget();
    const pause = new Pause();
    for (let tries = 0; tries < TRIES && !await this.sync(); tries += 1) await pause.next();
  }

  /** @param {string} room named by the server; without a socket the page works, too */
  listen(room) {
    import("../vendor/socket.io-client-4.8.4/socket.io.esm.min.js").then(({ io }) => {
      const socket = io({ transports: ["websocket", "polling"] });
      const soon = () => setTimeout(() => this.sync(), Math.random() * SPREAD);
      socket.on("connect", () => socket.emit("join", { room }, soon));
      socket.on("changed", soon);
    }, () => setTimeout(() => this.listen(room), EVERY));
  }
}

/** After a new login in another tab this page gets its new token: the page is asked for once more, and must be the same exam. */
async function renew() {
  const response = await fetch(location.pathname, { credentials: "same-origin" }).catch(() => null);
  if (!response?.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const token = fresh.querySelector("meta[name=csrf-token]")?.getAttribute("content");
  if (!token || fresh.body.dataset.attempt !== document.body.dataset.attempt) return;
  document.querySelector("meta[name=csrf-token]")?.setAttribute("content", token);
}
