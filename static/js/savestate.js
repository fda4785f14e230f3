/**
 * The words about saving, always derived from what is known: what waits, where it lies, what is wrong.
 * Contract: [data-save-state] holds [data-state=idle|saving|saved|offline|refused], one shown, its [data-words] takes the text; [data-offline]
 * is the note above the question with [data-kept=computer|page] and [data-unsent]; [data-login] says that the login has ended.
 */
import { offsetOf, two } from "./clock.js";

/**
 * @typedef {{unsent: number, durable: boolean, saved: string, trouble: ""|"offline"|"busy"|"login", phase: ""|"left"|"check"|"again"|"waking",
 *   refused: Set<string>}} Facts
 */

const PHASES = {
  left: "Отправляем ответы, которые остались на этом компьютере…", check: "Проверяем, все ли ответы есть на сервере…",
  again: "Сервер восстановлен, отправляем ответы ещё раз…", waking: "Сверяем время с сервером…",
};

/** @param {string} selector @param {boolean} on */
export function reveal(selector, on) {
  for (const one of document.querySelectorAll(selector)) one.toggleAttribute("hidden", !on);
}

/** A cover hides the page from everybody, also from those who listen or use the keyboard. @param {string} selector */
export function cover(selector) {
  reveal(selector, true);
  for (const part of document.querySelectorAll("header, main, footer")) /** @type {HTMLElement} */ (part).inert = true;
}

/** @param {string} selector @param {string} words */
export function write(selector, words) {
  const place = document.querySelector(selector);
  if (place && place.textContent !== words) place.textContent = words;
}

/** @param {boolean} durable */
const kept = (durable) => (durable ? "ответы хранятся на этом компьютере" : "ответы хранятся на этой странице, не закрывайте её");

/** The state and its words. @param {Facts} facts @returns {["idle"|"saving"|"saved"|"offline"|"refused", string]} */
export function stateOf({ unsent, durable, saved, trouble, phase, refused }) {
  if (trouble === "offline") return ["offline", `Нет связи, ${kept(durable)}`];
  if (trouble === "busy") return ["offline", `Сервер не отвечает, ${kept(durable)}`];
  if (phase) return ["saving", PHASES[phase]];
  if (refused.size) return ["refused", "Ответ не принят"];
  if (trouble === "login" && unsent) return ["offline", `Вы вышли из сервиса, ${kept(durable)}`];
  if (unsent) return ["saving", "Сохраняется…"];
  return saved ? ["saved", `Сохранено ${saved}`] : ["idle", "Ответы сохраняются сами"];
}

export class State {
  /** @param {import("./outbox.js").Outbox} outbox @param {() => void} drawn */
  constructor(outbox, drawn) {
    this.outbox = outbox;
    this.drawn = drawn;
    /** @type {Facts} */
    this.facts = { unsent: 0, durable: true, saved: "", trouble: "", phase: "", refused: new Set() };
  }

  /** @param {Partial<Facts>} [changes] */
  set(changes = {}) {
    Object.assign(this.facts, changes, { unsent: this.outbox.size, durable: this.outbox.durable });
    this.draw();
    this.drawn();
  }

  /** @param {import("./post.js").Refusal} refusal @param {number} [attempts] how often it failed before: one busy reply is no trouble yet */
  failed(refusal, attempts = 9) {
    if (refusal.status === 0) this.set({ trouble: "offline" });
    else if (refusal.stranger) this.set({ trouble: "login" });
    else if (refusal.passing && attempts > 0) this.set({ trouble: "busy" });
    else this.set();
  }

  draw() {
    const { durable, trouble, unsent } = this.facts;
    const [state, words] = stateOf(this.facts);
    for (const one of document.querySelectorAll("[data-save-state] [data-state]")) {
      one.toggleAttribute("hidden", /** @type {HTMLElement} */ (one).dataset.state !== state);
    }
    write(`[data-state=${state}] [data-words]`, words);
    reveal("[data-offline], [data-when-offline]", trouble === "offline" || trouble === "busy");
    reveal("[data-when-online]", trouble !== "offline" && trouble !== "busy");
    reveal("[data-kept=computer]", durable);
    reveal("[data-kept=page]", !durable);
    for (const one of document.querySelectorAll("[data-unsent]")) one.textContent = unsent ? `Ждут отправки: ${unsent}.` : "";
    reveal("[data-login]", trouble === "login");
  }
}

/**
 * «12:03:07» in the offset of the contest.
 * @param {string|number} instant the moment, ISO or milliseconds
 * @param {string} local any moment written with the contest's offset
 */
export function clockWords(instant, local) {
  const at = new Date((typeof instant === "number" ? instant : Date.parse(instant)) + offsetOf(local));
  return [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(":");
}
