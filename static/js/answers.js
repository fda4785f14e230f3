/**
 * Reads the answer of a question from its controls, and tells when it changed.
 * Contract: [data-question][data-kind] (macros/questions.html). single, yes_no: radios; multiple: checkboxes; matching: select[data-left];
 * ordering: ol[data-order]; numeric: [data-number-field]; short, open: [data-text-field]; [data-clear] takes the answer back (null).
 */
import * as ordering from "./ordering.js";

const PAUSE = 1500; // ms after the last key; the rule allows 2 s
const LONGEST = 5000; // ms from the first unsaved key: who writes without a pause loses no more

/** @type {Record<string, (section: HTMLElement) => unknown>} */
const READERS = {
  single: choice,
  yes_no: choice,
  multiple: (section) => {
    const choices = fields(section, "input:checked").map((box) => box.value);
    return choices.length ? { choices } : null;
  },
  matching: (section) => {
    const chosen = fields(section, "[data-left]").filter((one) => one.value).map((one) => [one.dataset.left, one.value]);
    return chosen.length ? { pairs: Object.fromEntries(chosen) } : null;
  },
  ordering: (section) => {
    const list = section.querySelector("[data-order]");
    if (!list || list.classList.contains("order-new")) return null;
    return { order: fields(section, "[data-item]").map((row) => row.dataset.item) };
  },
  numeric: (section) => {
    const number = fields(section, "[data-number-field]")[0].value.trim();
    return number ? { number } : null;
  },
  short: text,
  open: text,
};

/** @param {HTMLElement} section @param {string} selector */
function fields(section, selector) {
  return /** @type {HTMLInputElement[]} */ ([...section.querySelectorAll(selector)]);
}

/** @param {HTMLElement} section */
function choice(section) {
  const [chosen] = fields(section, "input:checked");
  return chosen ? { choice: chosen.value } : null;
}

/** @param {HTMLElement} section */
function text(section) {
  const { value } = fields(section, "[data-text-field]")[0];
  return value.trim() ? { text: value } : null;
}

/** The answer as the service keeps it; null when there is none. @param {HTMLElement} section */
export function answer(section) {
  return READERS[section.dataset.kind ?? ""](section);
}

/** @param {HTMLElement} section */
function clear(section) {
  for (const field of fields(section, "input, select:not([data-place]), textarea")) {
    if (field.type === "radio" || field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
  for (const list of fields(section, "[data-order]")) ordering.forget(list);
}

/**
 * Calls changed(section) at once on a choice and on leaving a field, within 2 s after the last key of a text; never twice for one value.
 * The function given back does so now.
 * @param {HTMLElement} section
 * @param {(section: HTMLElement) => void} changed
 */
export function listen(section, changed) {
  let timer = 0;
  let since = 0;
  let last = JSON.stringify(answer(section));
  const now = () => {
    clearTimeout(timer);
    timer = 0;
    const value = JSON.stringify(answer(section));
    if (value !== last) changed(section);
    last = value;
  };
  for (const list of fields(section, "[data-order]")) ordering.start(list);
  section.addEventListener("change", now);
  section.addEventListener("input", (event) => {
    if (!/** @type {Element} */ (event.target).matches("[data-text-field], [data-number-field]")) return;
    if (!timer) since = performance.now();
    clearTimeout(timer);
    timer = setTimeout(now, Math.max(0, Math.min(PAUSE, since + LONGEST - performance.now())));
  });
  for (const name of ["beforeunload", "pagehide", "blur"]) addEventListener(name, () => { if (timer) now(); }, { capture: true });
  section.querySelector("[data-clear]")?.addEventListener("click", () => { clear(section); now(); });
  return () => { if (timer) now(); };
}
