/**
 * An answer refused for good is said by its question until the question is answered anew.
 * Contract: <template data-refusal> with a note, its [data-words] takes the text; [data-refused] is the note above all questions.
 */
import { reveal, write } from "./savestate.js";

/** @param {HTMLElement|undefined} section @param {string} words */
export function refuse(section, words) {
  const template = /** @type {HTMLTemplateElement|null} */ (document.querySelector("template[data-refusal]"));
  if (!section || !template) return refuseAll(words);
  accept(section);
  section.querySelector(".question")?.after(template.content.cloneNode(true));
  const place = section.querySelector("[data-refusal-note] [data-words]");
  if (place) place.textContent = words;
}

/** @param {HTMLElement|undefined} section */
export function accept(section) {
  section?.querySelector("[data-refusal-note]")?.remove();
}

/** @param {string} words */
export function refuseAll(words) {
  write("[data-refused] [data-words]", words);
  reveal("[data-refused]", words !== "");
}
