/**
 * The page /device: what of anybody's answers still lies on this computer, sending it, and ending the work here.
 * Contract (exam/device.html): [data-device] around [data-device-state], [data-device-empty], [data-device-some], [data-device-list] filled with
 * copies of template[data-device-line] ([data-label], [data-count], [data-state]); buttons [data-device-send], [data-device-wipe]; form
 * [data-device-logout] when somebody is logged in. Nothing of the answers is shown: nobody here can read them.
 */
import { openStore } from "./store.js";
import { alone } from "./tabs.js";
import { deliverUnsent } from "./unsent.js";

/** @typedef {import("./store.js").Store} Store */

const box = /** @type {HTMLElement} */ (document.querySelector("[data-device]"));
const NONE = "Этот браузер ничего не хранит на компьютере.";
const OFFLINE = "Нет связи с сервисом. Неотправленных ответов здесь нет, но выйти из сервиса не удалось: повторите, когда связь вернётся.";
const LEFT = "Связи с сервисом нет. На этом компьютере остаются неотправленные ответы. Прочитать их здесь никто не может. Они уйдут сами, когда на этом "
  + "компьютере снова откроют страницу сервиса при связи.";

/** @param {string} name */
const part = (name) => /** @type {any} */ (box.querySelector(`[data-device-${name}]`));

/** @param {string} words */
const say = (words) => { part("state").textContent = words; };

/** @param {Store} store @returns {Promise<{group: import("./store.js").Group, count: number}[]>} */
async function waiting(store) {
  const groups = await store.groups();
  const counts = await Promise.all(groups.map(async (group) => (await store.unsent(group.attempt)).length));
  return groups.map((group, index) => ({ group, count: counts[index] })).filter(({ count }) => count);
}

/** @param {Store} store @returns {Promise<number>} how many answers wait */
async function show(store) {
  const lines = await waiting(store);
  part("list").replaceChildren(...lines.map(({ group, count }) => {
    const line = part("line").content.cloneNode(true);
    line.querySelector("[data-label]").textContent = group.label || "Теория";
    line.querySelector("[data-count]").textContent = `неотправленных ответов: ${count}`;
    return line;
  }));
  part("some").hidden = !lines.length;
  part("empty").hidden = lines.length > 0;
  part("send").hidden = !lines.length;
  return lines.reduce((sum, { count }) => sum + count, 0);
}

/** An attempt open in another tab sends its own. Whether everything went up. @param {Store} store */
async function send(store) {
  say("Отправляем…");
  for (const { group } of await waiting(store)) await alone(`attempt-${group.attempt}`, () => deliverUnsent(store, group)).catch(() => {});
  const left = await show(store);
  say(left ? LEFT : "Все ответы отправлены.");
  return left === 0;
}

/** @param {Store|null} store */
async function end(store) {
  const clean = !store || await send(store);
  for (const { attempt } of await store?.groups() ?? []) {
    await alone(`attempt-${attempt}`, async () => { if (!(await store?.unsent(attempt))?.length) await store?.wipe(attempt); });
  }
  sessionStorage.clear();
  if ("caches" in window) for (const name of await caches.keys()) await caches.delete(name);
  const out = await leave();
  if (clean && out) location.assign("/");
  else say(`${out ? "Вы вышли из сервиса. " : ""}${clean ? OFFLINE : LEFT}`);
}

/** Whether nobody is logged in any more. */
async function leave() {
  const form = part("logout");
  if (!form) return true;
  return fetch(form.action, { method: "POST", body: new FormData(form) }).then((reply) => reply.ok, () => false);
}

/** @param {string} name @param {() => Promise<unknown>} work one at a time */
function press(name, work) {
  const button = part(name);
  button.addEventListener("click", async () => {
    button.disabled = true;
    await work().catch(() => say("Не удалось. Обновите страницу и повторите."));
    button.disabled = false;
  });
}

async function start() {
  const store = await openStore().catch(() => null);
  if (!store) {
    say(NONE);
    part("send").hidden = true;
    return press("wipe", () => end(null));
  }
  await show(store);
  press("send", () => send(store));
  return press("wipe", () => end(store));
}

if (box) start();
