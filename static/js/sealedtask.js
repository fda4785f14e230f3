/**
 * The door of a task before its hour: fetches the sealed package, asks for its key at the hour, shows the task.
 * Contract: hour.js on a box with data-package-url, data-key-url, data-text-url, data-bound; [data-parcel] holds the lines [data-state]; the task
 * takes the place of [data-task-place]. Whatever goes wrong before the key was given, the page is opened anew and has the button;
 * afterwards the ordinary text is opened. Without WebCrypto (plain http) nothing is fetched ahead.
 */
import { awaitHour } from "./hour.js";
import { drawn, report } from "./opened.js";
import { post } from "./post.js";
import { openPackage } from "./sealedpackage.js";

const PAUSES = [1000, 2000, 4000, 8000, 15000]; // ms between two tries; the last one is repeated
const KEY_TRIES = 6;
const SHOWN = ["application/pdf", "image/jpeg", "image/png", "image/webp"];

/** @param {number} attempt */
const pause = (attempt) => new Promise((resolve) => {
  setTimeout(resolve, PAUSES[Math.min(attempt, PAUSES.length - 1)] * (0.75 + Math.random() / 2));
});

/** @param {string} state */
function say(state) {
  for (const one of document.querySelectorAll("[data-parcel] [data-state]")) {
    one.toggleAttribute("hidden", /** @type {HTMLElement} */ (one).dataset.state !== state);
  }
}

const inSight = () => new Promise((resolve) => {
  if (!document.hidden) return resolve(null);
  say("away");
  const look = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", look);
    resolve(null);
  };
  return document.addEventListener("visibilitychange", look);
});

class SealedTask {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    /** @type {ArrayBuffer|null} */
    this.sealed = null;
    this.come = false;
    awaitHour(box, () => this.open());
    if (globalThis.crypto?.subtle) this.fetch();
  }

  /** Fetch the package, again and again while the hour has not come; a refusal ends it. */
  async fetch() {
    say("fetching");
    for (let attempt = 0; !this.come; attempt += 1) {
      const reply = await fetch(this.box.dataset.packageUrl ?? "", { credentials: "same-origin" }).catch(() => null);
      if (reply?.ok) this.sealed = await reply.arrayBuffer().catch(() => null);
      if (this.sealed || this.come) break;
      if (reply && !reply.ok && reply.status < 500 && reply.status !== 429) return say("button");
      await pause(attempt);
    }
    if (!this.come) say(this.sealed ? "delivered" : "button");
  }

  async open() {
    this.come = true;
    if (!this.sealed) return location.reload();
    if (document.hidden) await inSight();
    say("opening");
    const reply = await this.key();
    if (!reply) return location.reload();
    try {
      const task = await openPackage(this.sealed, reply.key, this.box.dataset.bound ?? "");
      return this.show(task, reply.moment);
    } catch {
      return location.replace(this.box.dataset.textUrl ?? "");
    }
  }

  /** The key, asked for again while the server is out of reach; null when it refuses. @returns {Promise<any>} */
  async key() {
    for (let attempt = 0; attempt < KEY_TRIES; attempt += 1) {
      try {
        return await post(this.box.dataset.keyUrl ?? "", {});
      } catch (refusal) {
        const { passing, code } = /** @type {import("./post.js").Refusal} */ (refusal);
        if (!passing && code !== "too_early") return null;
        say("waiting");
        await pause(attempt);
      }
    }
    return null;
  }

  /**
   * @param {{title: string, html: string, files: Map<number, {name: string, mime: string, blob: Blob}>}} task
   * @param {string} moment
   */
  show(task, moment) {
    const place = /** @type {HTMLElement} */ (document.querySelector("[data-task-place]"));
    const fresh = new DOMParser().parseFromString(task.html, "text/html");
    place.replaceChildren(...[...fresh.body.childNodes].map((node) => document.importNode(node, true)));
    for (const line of place.querySelectorAll("[data-first-access]")) line.textContent = moment;
    document.title = document.title.replace(/^[^—]*/, `${task.title} `);
    history.replaceState(null, "", this.box.dataset.textUrl);
    for (const [id, file] of task.files) bind(place, id, file);
    document.querySelector("main")?.focus();
    drawn(place);
  }
}

/**
 * A plain click opens the file of the package and reports it; every other way goes to the server's own address.
 * @param {HTMLElement} place @param {number} id @param {{name: string, mime: string, blob: Blob}} file
 */
function bind(place, id, file) {
  const link = /** @type {HTMLAnchorElement|null} */ (place.querySelector(`a[href$="/files/${id}"]`));
  link?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    report(`${link.getAttribute("href")}/opening`);
    const door = document.createElement("a");
    door.href = URL.createObjectURL(file.blob);
    if (SHOWN.includes(file.mime)) door.target = "_blank";
    else door.download = file.name;
    door.click();
  });
}

for (const box of document.querySelectorAll("[data-package-url]")) new SealedTask(/** @type {HTMLElement} */ (box));
