/**
 * Ordering list: buttons up and down, a select with the row's number, «Оставить такой порядок».
 * Contract: ol[data-order] > li[data-item] with [data-move="-1"|"1"] and select[data-place]; [data-accept] in the same question.
 * Each move makes a bubbling change event on the list; until the first one the list carries class order-new and is no answer.
 */

/** @param {Element} list */
const rows = (list) => /** @type {HTMLElement[]} */ ([...list.children]);

/** @param {HTMLElement} list */
function settle(list) {
  rows(list).forEach((row, index) => {
    /** @type {HTMLSelectElement} */ (row.querySelector("[data-place]")).selectedIndex = index;
  });
  list.classList.remove("order-new");
  list.closest("[data-question]")?.querySelector("[data-accept]")?.setAttribute("hidden", "");
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {HTMLElement} list @param {HTMLElement} row @param {number} place from 0 */
function move(list, row, place) {
  const others = rows(list).filter((one) => one !== row);
  const target = Math.max(0, Math.min(others.length, place));
  list.insertBefore(row, others[target] ?? null);
  settle(list);
}

/** @param {HTMLElement} list */
export function start(list) {
  list.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-move]"));
    const row = /** @type {HTMLElement|null} */ (button?.closest("[data-item]"));
    if (!button || !row) return;
    move(list, row, rows(list).indexOf(row) + Number(button.dataset.move));
    button.focus();
  });
  list.addEventListener("change", (event) => {
    const select = /** @type {Element} */ (event.target).closest("[data-place]");
    const row = /** @type {HTMLElement|null} */ (select?.closest("[data-item]"));
    if (!select || !row) return;
    event.stopPropagation();
    move(list, row, /** @type {HTMLSelectElement} */ (select).selectedIndex);
    /** @type {HTMLElement} */ (select).focus();
  });
  list.closest("[data-question]")?.querySelector("[data-accept]")?.addEventListener("click", () => settle(list));
}

/** No answer any more. @param {HTMLElement} list */
export function forget(list) {
  list.classList.add("order-new");
  list.closest("[data-question]")?.querySelector("[data-accept]")?.removeAttribute("hidden");
}
