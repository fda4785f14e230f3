/**
 * Compares a file with the register without sending it. Contract: [data-filehash][data-sha256] around input[type=file], [data-words]
 * (role=status), and the two answers [data-same] and [data-other], both hidden; [data-found] inside [data-other] takes the file's own hash.
 * data-sha256 may hold several hashes, separated by spaces.
 */

/** @param {ArrayBuffer} bytes */
async function sha256(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {HTMLElement} box */
function start(box) {
  const field = /** @type {HTMLInputElement|null} */ (box.querySelector("input[type=file]"));
  const words = box.querySelector("[data-words]");
  const known = (box.dataset.sha256 ?? "").toLowerCase().split(/\s+/);

  /** @param {string} selector @param {boolean} on */
  const reveal = (selector, on) => box.querySelector(selector)?.toggleAttribute("hidden", !on);

  /** @param {string} text */
  const say = (text) => { if (words) words.textContent = text; };

  /** @param {File} file */
  const check = async (file) => {
    reveal("[data-same]", false);
    reveal("[data-other]", false);
    if (!crypto.subtle) return say("Браузер считает отпечаток только по https. Загрузите файл на проверку или сравните отпечаток командой.");
    say("Считаем отпечаток…");
    const found = await sha256(await file.arrayBuffer());
    const same = known.includes(found);
    reveal(same ? "[data-same]" : "[data-other]", true);
    const place = box.querySelector("[data-found]");
    if (place) place.textContent = found.replace(/(.{8})(?=.)/g, "$1 ");
    return say(`Файл «${file.name}» сравнён на этом компьютере, на сервер он не отправлялся.`);
  };

  field?.addEventListener("change", () => { if (field.files?.[0]) check(field.files[0]); });
  for (const name of ["dragover", "dragleave", "drop"]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.toggle("over", name === "dragover");
      const file = /** @type {DragEvent} */ (event).dataTransfer?.files[0];
      if (name === "drop" && file) check(file);
    });
  }
}

for (const box of document.querySelectorAll("[data-filehash]")) start(/** @type {HTMLElement} */ (box));
