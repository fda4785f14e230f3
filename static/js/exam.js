/**
 * The exam page. Contract (exam_base.html):
 * body[data-exam] with data-save-url, data-now and data-deadline (ISO, the contest's offset), data-after-url;
 *   data-flag-url?  POST {question, flagged};   data-state-url?  GET {now, deadline, phase}, asked every 30 s, on waking and on «online»;
 *   data-close-url? POST {reason: "deadline"} when the deadline has come, before the page goes to data-after-url.
 * Each change is posted to data-save-url as {question, seq, value, client_id, mono, page_id}; the reply {seq, t, now?, deadline?} has ISO
 *   moments (t: when the server received it). A refusal is {error, text}: deadline_passed ends the exam, others are shown.
 * [data-cover] is shown when the time is over; a[data-leave] waits for what is unsent; the state of saving: savestate.js.
 */
import { answer, listen } from "./answers.js";
import { Countdown } from "./countdown.js";
import { Grid } from "./grid.js";
import { keyboard } from "./keys.js";
import { newId, Outbox } from "./outbox.js";
import { get, post } from "./post.js";
import { clockWords, reveal, show } from "./savestate.js";
import { Sender } from "./sender.js";
import { ServerTime } from "./servertime.js";

const { saveUrl = "", afterUrl = "/", flagUrl, stateUrl, closeUrl, now = "", deadline = "" } = document.body.dataset;
const LOGGED_OUT = "Вы вышли из сервиса. Войдите снова в другой вкладке: ответы хранятся на этой странице и уйдут сами.";
const page = newId();
const time = new ServerTime(now);
const outbox = new Outbox();
/** @type {(() => void)[]} */
const flushes = [];

/** @param {"saving"|"saved"|"offline"|"refused"} state @param {string} [words] */
function tell(state, words) {
  show(state, words);
  grid.waiting = new Set(outbox.all().map((one) => String(one.question)));
  grid.draw();
}

/** @param {any} reply @param {number} sent */
function learn(reply, sent) {
  time.sample(reply.now ?? reply.t, sent, performance.now());
  if (reply.deadline) countdown.move(reply.deadline);
}

const sender = new Sender(saveUrl, outbox, {
  saving: () => tell("saving"),
  offline: (refusal) => (refusal.status === 401 ? tell("refused", LOGGED_OUT) : tell("offline")),
  saved: (save, reply, sent) => { learn(reply, sent); tell("saved", `Сохранено в ${clockWords(reply.t, now)}`); },
  refused: (save, refusal) => {
    tell("refused", refusal.message);
    if (refusal.code === "deadline_passed") over();
  },
});

/** @param {HTMLElement} section */
function save(section) {
  const seq = Number(section.dataset.seq) + 1;
  section.dataset.seq = String(seq);
  const { question = "" } = section.dataset;
  const number = Number(question);
  outbox.put({ question: Number.isNaN(number) ? question : number, seq, value: answer(section), client_id: newId(),
    mono: Math.round(performance.now()), page_id: page });
  sender.kick();
}

let closing = false;
/** The deadline has come: the rest is sent, then the page after the exam opens. */
async function over() {
  if (closing) return;
  closing = true;
  for (const flush of flushes) flush();
  reveal("[data-cover]", true);
  for (const section of grid.sections) section.inert = true;
  await sender.kick();
  if (closeUrl) await post(closeUrl, { reason: "deadline" }).catch(() => {});
  location.assign(afterUrl);
}

async function sync() {
  if (!stateUrl || closing) return;
  const sent = performance.now();
  const reply = await get(stateUrl).catch(() => null);
  if (!reply) return;
  learn(reply, sent);
  if (reply.phase && reply.phase !== "running") location.assign(afterUrl);
}

const grid = new Grid((section, flagged) => {
  if (flagUrl) post(flagUrl, { question: Number(section.dataset.question), flagged }).catch(() => {});
});
const countdown = new Countdown(time, deadline, over);
for (const section of grid.sections) flushes.push(listen(section, save));
keyboard(grid);
setInterval(sync, 30000);
for (const name of ["online", "visibilitychange"]) addEventListener(name, () => { if (!document.hidden) sync(); }, { capture: true });
addEventListener("beforeunload", (event) => { if (outbox.size && !closing) event.preventDefault(); });
document.querySelector("[data-leave]")?.addEventListener("click", (event) => {
  for (const flush of flushes) flush();
  if (!outbox.size) return;
  event.preventDefault();
  const { href } = /** @type {HTMLAnchorElement} */ (event.currentTarget);
  sender.kick().then(() => location.assign(href));
});
