/**
 * Puts the SHA-256 of a chosen file into the form's field: the file itself never leaves the computer.
 * Contract: form[data-filelookup] with input[type=file], input[name=sha256] and [data-words] (role=status).
 */

/** @param {ArrayBuffer} bytes */
async function sha256(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {HTMLElement} form */
function start(form) {
  const file = /** @type {HTMLInputElement|null} */ (form.querySelector("input[type=file]"));
  const field = /** @type {HTMLInputElement|null} */ (form.querySelector("input[name=sha256]"));
  const words = form.querySelector("[data-words]");

  /** @param {string} text */
  const say = (text) => { if (words) words.textContent = text; };

  file?.addEventListener("change", async () => {
    const chosen = file.files?.[0];
    if (!chosen || !field) return;
    if (!crypto.subtle) return say("Браузер считает отпечаток только по https. Введите отпечаток, посчитанный командой sha256sum.");
    say("Считаем отпечаток…");
    field.value = await sha256(await chosen.arrayBuffer());
    say(`Отпечаток файла «${chosen.name}» посчитан. Нажмите «Найти по отпечатку».`);
  });
}

for (const form of document.querySelectorAll("[data-filelookup]")) start(/** @type {HTMLElement} */ (form));
