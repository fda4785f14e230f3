/**
 * Numbers of the questions and walking between them.
 * Contract: [data-question][data-number][data-flag?][data-seen?] sections, one shown; a[data-goto] cells in [data-grid]; [data-count];
 * [data-step="-1"|"1"] and [data-flag-button] in the foot; <template data-icon="flag"|"wait"> with the marks of a cell.
 */
import { answer } from "./answers.js";

const PHONE = matchMedia("(max-width: 767.98px)");

export class Grid {
  /** @param {(section: HTMLElement, flagged: boolean) => void} flagged */
  constructor(flagged) {
    this.sections = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-question]")]);
    this.flagged = flagged;
    this.at = 0;
    /** @type {Set<string>} */
    this.waiting = new Set();
    /** @type {Set<string>} */
    this.holds = new Set();
    if (PHONE.matches) document.querySelector("[data-grid] details")?.removeAttribute("open");
    document.addEventListener("click", (event) => this.click(event));
    addEventListener("hashchange", () => this.hash());
    this.hash();
    this.draw();
  }

  /** Nothing can be answered while there is a reason; the question itself can be read. @param {string} reason @param {boolean} on */
  hold(reason, on) {
    if (on) this.holds.add(reason);
    else this.holds.delete(reason);
    for (const part of document.querySelectorAll("[data-question] > :not(.kicker, .question)")) {
      /** @type {HTMLElement} */ (part).inert = this.still;
    }
  }

  get still() {
    return this.holds.size > 0;
  }

  /** @param {string|number} question */
  of(question) {
    return this.sections.find((section) => section.dataset.question === String(question));
  }

  get current() {
    return this.sections[this.at];
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {Element} */ (event.target);
    const step = /** @type {HTMLElement|null} */ (target.closest("[data-step]"));
    if (step) this.show(this.at + Number(step.dataset.step));
    if (target.closest("[data-flag-button]")) this.flag();
  }

  hash() {
    const place = this.sections.findIndex((section) => `#${section.id}` === location.hash);
    this.show(place < 0 ? this.at : place, location.hash.startsWith("#q-"));
  }

  /** @param {number} place @param {boolean} [focus] */
  show(place, focus = true) {
    if (place < 0 || place >= this.sections.length) return;
    this.at = place;
    this.sections.forEach((section, index) => { section.hidden = index !== place; });
    this.current.dataset.seen = "";
    this.draw();
    if (!focus) return;
    history.replaceState(null, "", `#${this.current.id}`);
    this.current.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  flag() {
    const on = this.current.dataset.flag === undefined;
    if (on) this.current.dataset.flag = "";
    else delete this.current.dataset.flag;
    this.flagged(this.current, on);
    this.draw();
  }

  draw() {
    this.sections.forEach((section, index) => this.cell(section, index));
    const done = this.sections.filter((section) => answer(section) !== null).length;
    const count = document.querySelector("[data-count]");
    if (count) count.textContent = `Отвечено ${done} из ${this.sections.length}`;
    document.querySelector("[data-flag-button]")?.setAttribute("aria-pressed", String(this.current?.dataset.flag !== undefined));
    document.querySelector('[data-step="-1"]')?.toggleAttribute("disabled", this.at === 0);
    document.querySelector('[data-step="1"]')?.toggleAttribute("disabled", this.at === this.sections.length - 1);
  }

  /** @param {HTMLElement} section @param {number} index */
  cell(section, index) {
    const cell = document.querySelector(`[data-goto="${section.dataset.question}"]`);
    if (!cell) return;
    const [has, seen] = [answer(section) !== null, section.dataset.seen !== undefined];
    const [flag, wait] = [section.dataset.flag !== undefined, this.waiting.has(section.dataset.question ?? "")];
    cell.className = has ? "has" : seen ? "seen" : "";
    if (index === this.at) cell.setAttribute("aria-current", "true");
    else cell.removeAttribute("aria-current");
    const words = [has ? "отвечен" : seen ? "без ответа" : "не открыт", flag && "отмечен для возврата", wait && "ждёт отправки"];
    cell.setAttribute("aria-label", `Вопрос ${index + 1}, ${words.filter(Boolean).join(", ")}`);
    const mark = wait ? "wait" : flag ? "flag" : null;
    const icon = mark && /** @type {HTMLTemplateElement|null} */ (document.querySelector(`[data-icon="${mark}"]`));
    cell.replaceChildren(String(index + 1), ...(icon ? [icon.content.cloneNode(true)] : []));
  }
}
