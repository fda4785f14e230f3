/**
 * Progress of a form with files. Contract: form[data-upload] with enctype multipart/form-data; [data-progress] inside it (hidden, role=status)
 * holds <progress max="100"> and [data-words]. Without this module, or when it fails, the form goes the ordinary way. Files may also be
 * dropped on [data-drop] around a file field.
 */

/** @param {HTMLFormElement} form */
function start(form) {
  form.addEventListener("submit", (event) => {
    const heavy = [...form.querySelectorAll("input[type=file]")].some((field) => /** @type {HTMLInputElement} */ (field).files?.length);
    const place = /** @type {HTMLElement|null} */ (form.querySelector("[data-progress]"));
    if (!heavy || !place) return;
    event.preventDefault();
    place.hidden = false;
    send(form, (share) => {
      const bar = place.querySelector("progress");
      if (bar) bar.value = share;
      const words = place.querySelector("[data-words]");
      if (words) words.textContent = share < 100 ? `Отправлено ${share} %` : "Файл получен, проверяем его…";
    }, (text) => {
      const words = place.querySelector("[data-words]");
      if (words) words.textContent = text;
    });
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {(share: number) => void} moved
 * @param {(text: string) => void} failed
 */
function send(form, moved, failed) {
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (event) => moved(Math.round((event.loaded / event.total) * 100)));
  request.addEventListener("error", () => failed("Связь прервалась, файл не отправлен. Проверьте сеть и нажмите кнопку ещё раз."));
  request.addEventListener("load", () => {
    if (request.status < 400 && request.responseURL !== form.action) return location.assign(request.responseURL);
    const fresh = new DOMParser().parseFromString(request.responseText, "text/html");
    document.querySelector("main")?.replaceWith(document.importNode(fresh.querySelector("main") ?? fresh.body, true));
    document.querySelector("main")?.focus();
    return begin();
  });
  request.send(new FormData(form));
}

/** @param {HTMLElement} box */
function drop(box) {
  const field = /** @type {HTMLInputElement|null} */ (box.querySelector("input[type=file]"));
  for (const name of ["dragover", "dragleave", "drop"]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.toggle("over", name === "dragover");
      const files = /** @type {DragEvent} */ (event).dataTransfer?.files;
      if (name === "drop" && field && files?.length) field.files = files;
    });
  }
}

function begin() {
  for (const form of document.querySelectorAll("form[data-upload]")) start(/** @type {HTMLFormElement} */ (form));
  for (const box of document.querySelectorAll("[data-drop]")) drop(/** @type {HTMLElement} */ (box));
}

begin();
