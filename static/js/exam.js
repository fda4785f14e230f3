/**
 * The exam page. Contract (exam_base.html):
 * body[data-exam] with data-save-url, data-now and data-deadline (ISO, the contest's offset), data-after-url, data-attempt, data-pass, data-proof,
 *   data-outbox-key, data-delivery-url, data-owner-label, data-number, data-head, data-version; data-heartbeat-url, data-state-url,
 *   data-flag-url, data-close-url, data-room; body[data-ready] appears once the page can be answered.
 * [data-cover] is shown when the time is over; a[data-leave] waits for what is unsent.
 * Who does what: answers.js reads, outbox.js keeps, sender.js sends, contact.js stays in touch, restore.js sends again, savestate.js says it.
 */
import { answer, listen } from "./answers.js";
import { begin } from "./begin.js";
import { Contact } from "./contact.js";
import { Deadline } from "./deadline.js";
import { Ending } from "./ending.js";
import { Grid } from "./grid.js";
import { keyboard } from "./keys.js";
import "./leftovers.js";
import { newId, Outbox } from "./outbox.js";
import { post } from "./post.js";
import { accept, refuse, refuseAll } from "./refusals.js";
import { Recovery } from "./recovery.js";
import { clockWords, State } from "./savestate.js";
import { Sender } from "./sender.js";
import { ServerTime } from "./servertime.js";
import { watch } from "./wake.js";

const given = document.body.dataset;
const { now = "" } = given;
const time = new ServerTime(now);
const outbox = new Outbox({ attempt: Number(given.attempt ?? 0), pass: given.pass ?? "", proof: given.proof ?? "", label: given.ownerLabel ?? "",
  url: given.deliveryUrl ?? "", point: given.outboxKey ?? "", since: Date.parse(now) });
outbox.head = given.head ?? "";
const grid = new Grid((section, flagged) => {
  if (given.flagUrl) post(given.flagUrl, { question: Number(section.dataset.question), flagged }).catch(() => {});
});
const state = new State(outbox, () => {
  grid.waiting = new Set(outbox.waiting.map((entry) => String(entry.save.question)));
  grid.draw();
});
let page = newId();

/** @param {any} reply @param {number} sent @param {number} highest the last number known when the question was asked */
function learn(reply, sent, highest) {
  time.sample(reply.now ?? reply.t, sent, performance.now());
  contact.last = performance.now();
  deadline.learn(reply);
  if (reply.head) outbox.head = reply.head;
  if (!reply.url) { recovery.asked = false; state.set({ trouble: "" }); }
  if (ending.closing && deadline.open) ending.reload();
  if (recovery.needed(reply, highest)) recovery.start("again", reply);
  else if (reply.phase && reply.phase !== "running") ending.leave(given.afterUrl ?? "/");
}

const sender = new Sender(given.saveUrl ?? "", outbox, {
  saving: () => state.set(),
  failed: (refusal, attempts) => { state.failed(refusal, attempts); if (refusal.status === 404) recovery.ask(); },
  saved: (ack) => { accept(grid.of(ack.question)); refuseAll(""); state.facts.refused.delete(String(ack.question)); said(ack.t); },
  refused: ({ save: { question } }, refusal) => {
    refuse(grid.of(question), refusal.message);
    state.facts.refused.add(String(question));
    state.set();
    if (refusal.code === "deadline_passed") ending.over();
  },
  reply: learn,
});
const contact = new Contact(given, outbox, {
  reply: learn,
  failed: (refusal) => { state.failed(refusal); if (refusal.status === 404) recovery.ask(); },
});

/** @param {string} iso */
const said = (iso) => state.set({ saved: clockWords(iso, now) });

/** @param {HTMLElement} section */
function save(section) {
  const seq = Number(section.dataset.seq) + 1;
  section.dataset.seq = String(seq);
  const { question = "" } = section.dataset;
  const number = Number(question);
  outbox.put({ question: Number.isNaN(number) ? question : number, seq, value: answer(section), client_id: newId(),
    mono: Math.round(performance.now()), page_id: page, prev: outbox.head });
  sender.kick();
}

const flushes = grid.sections.map((section) => listen(section, save));
const parts = { grid, outbox, sender, contact, state, flush: () => flushes.forEach((flush) => flush()) };
const ending = new Ending(parts);
const recovery = new Recovery(outbox, sender, state, ending, () => contact.sync());
const deadline = new Deadline(time, () => ending.over());
keyboard(grid);

async function woke() {
  parts.flush();
  grid.hold("waking", true);
  state.set({ phase: "waking" });
  page = newId();
  await contact.again(() => time.forget());
  grid.hold("waking", false);
  state.set({ phase: "" });
}

begin({ ...parts, ending, recovery }).then((ready) => { if (ready) watch(woke); });
