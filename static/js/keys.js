/**
 * Keyboard of the exam: 1–9 choose, Enter goes on, arrows left and right leaf, F marks. The box [data-keys] switches it off.
 * Keys pressed in a text, with Ctrl, Alt or Meta, or on a control that means something else by them are left alone.
 */

/** @param {Element|null} target */
const writes = (target) => Boolean(target?.matches("textarea, select, input:not([type=radio]):not([type=checkbox])"));

/** @param {import("./grid.js").Grid} grid */
export function keyboard(grid) {
  addEventListener("keydown", (event) => {
    if (grid.still) return;
    const target = document.activeElement;
    const box = /** @type {HTMLInputElement|null} */ (document.querySelector("[data-keys]"));
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || (box && !box.checked) || writes(target)) {
      if (event.key === "Enter" && target?.matches("input[data-text-field], input[data-number-field]")) next(event, grid);
      return;
    }
    if (/^[1-9]$/.test(event.key)) choose(event, grid, Number(event.key) - 1);
    else if (event.code === "KeyF") { event.preventDefault(); grid.flag(); }
    else if (event.key === "Enter" && !target?.matches("a, button, summary")) next(event, grid);
    else if (event.key === "ArrowRight" && !target?.matches("input[type=radio]")) next(event, grid);
    else if (event.key === "ArrowLeft" && !target?.matches("input[type=radio]")) { event.preventDefault(); grid.show(grid.at - 1); }
  });
}

/** @param {KeyboardEvent} event @param {import("./grid.js").Grid} grid */
function next(event, grid) {
  event.preventDefault();
  grid.show(grid.at + 1);
}

/** @param {KeyboardEvent} event @param {import("./grid.js").Grid} grid @param {number} index */
function choose(event, grid, index) {
  const inputs = grid.current.querySelectorAll("input[type=radio], input[type=checkbox]");
  const input = /** @type {HTMLInputElement|undefined} */ (inputs[index]);
  if (!input) return;
  event.preventDefault();
  input.focus();
  input.click();
}
