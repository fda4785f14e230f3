/**
 * A picture taken by the camera, put into the file field of a form. Works without it: the field takes a file from the computer or phone.
 * Contract: [data-camera] around  video[data-view], img[data-shot] (hidden), button[data-on], button[data-take] (hidden),
 * button[data-again] (hidden), [data-words] (role=status) and input[type=file]; data-facing="user|environment" on the wrapper.
 */

const WIDTH = 1280;

/** @param {HTMLElement} box */
function start(box) {
  const part = (/** @type {string} */ selector) => /** @type {any} */ (box.querySelector(selector));
  const [view, shot, words, field] = [part("[data-view]"), part("[data-shot]"), part("[data-words]"), part("input[type=file]")];
  /** @type {MediaStream|null} */
  let stream = null;

  const off = () => { stream?.getTracks().forEach((track) => track.stop()); stream = null; };

  /** @param {"off"|"view"|"shot"} state @param {string} text */
  const show = (state, text) => {
    view.hidden = state !== "view";
    shot.hidden = state !== "shot";
    part("[data-on]").hidden = state !== "off";
    part("[data-take]").hidden = state !== "view";
    part("[data-again]").hidden = state !== "shot";
    words.textContent = text;
  };

  const on = async () => {
    try {
      const size = { width: { ideal: WIDTH }, facingMode: box.dataset.facing ?? "user" };
      stream = await navigator.mediaDevices.getUserMedia({ video: size, audio: false });
      view.srcObject = stream;
      await view.play();
      show("view", "Камера включена. Снимок уйдёт только после отправки формы.");
    } catch (error) {
      show("off", reason(error));
    }
  };

  const take = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [view.videoWidth, view.videoHeight];
    canvas.getContext("2d")?.drawImage(view, 0, 0);
    canvas.toBlob((blob) => {
      if (!blob) return show("view", "Снимок не получился. Нажмите «Сделать снимок» ещё раз.");
      const files = new DataTransfer();
      files.items.add(new File([blob], `${field.name}.jpg`, { type: "image/jpeg" }));
      field.files = files.files;
      shot.src = URL.createObjectURL(blob);
      off();
      return show("shot", "Снимок готов. Проверьте, что всё видно и читается.");
    }, "image/jpeg", 0.9);
  };

  part("[data-on]").addEventListener("click", on);
  part("[data-take]").addEventListener("click", take);
  part("[data-again]").addEventListener("click", () => { field.value = ""; on(); });
  addEventListener("pagehide", off);
  const able = Boolean(navigator.mediaDevices?.getUserMedia);
  show("off", able ? "" : "На этой странице камеры нет: она работает только по https. Выберите готовую фотографию.");
  part("[data-on]").hidden = !able;
}

/** @param {unknown} error */
function reason(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError") return "Браузер не пустил к камере. Разрешите её в адресной строке или выберите готовую фотографию.";
  if (name === "NotFoundError") return "Камера не найдена. Выберите готовую фотографию или обратитесь к ответственному на площадке.";
  if (name === "NotReadableError") return "Камера занята другой программой. Закройте её и повторите или выберите готовую фотографию.";
  return "Камера не включилась. Выберите готовую фотографию или обратитесь к ответственному на площадке.";
}

for (const box of document.querySelectorAll("[data-camera]")) start(/** @type {HTMLElement} */ (box));
