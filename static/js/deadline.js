/**
 * The deadline may move while the page is open: each change has a version, and an older reply takes nothing back.
 * Contract: body[data-deadline][data-version?]; [data-until] holds the words «до 10:40»; [data-changed] (note) with [data-words] tells of a
 * change; [data-skew] with [data-words] says quietly that this computer's clock is wrong.
 */
import { Countdown, span } from "./countdown.js";
import { clockWords, reveal, write } from "./savestate.js";

const SHOWN = 60_000; // ms
const SKEW = 60_000; // ms

export class Deadline {
  /** @param {import("./servertime.js").ServerTime} time @param {() => void} ended */
  constructor(time, ended) {
    const { deadline = "", version, now = "" } = document.body.dataset;
    this.local = now;
    this.version = Number(version ?? 0);
    this.time = time;
    this.hide = 0;
    this.countdown = new Countdown(time, deadline, ended);
  }

  /** Whether time is left. */
  get open() {
    return this.countdown.left() > 0;
  }

  /** @param {{deadline?: string|null, version?: number}} reply */
  learn({ deadline, version }) {
    this.skew();
    if (!deadline || (version ?? this.version) < this.version) return;
    this.version = version ?? this.version;
    const moved = Date.parse(deadline) - this.countdown.deadline;
    this.countdown.move(deadline);
    if (moved) this.say(moved);
  }

  /** @param {number} moved milliseconds */
  say(moved) {
    const until = clockWords(this.countdown.deadline, this.local);
    const words = moved > 0 ? "Время продлено" : "Время сокращено";
    write("[data-changed] [data-words]", `${words} на ${span(moved)}. Ответы принимаются до ${until}.`);
    reveal("[data-changed]", true);
    const place = document.querySelector("[data-until]");
    if (place) place.textContent = (place.textContent ?? "").replace(/\d\d:\d\d(:\d\d)?/, until);
    clearTimeout(this.hide);
    this.hide = setTimeout(() => reveal("[data-changed]", false), SHOWN);
  }

  /** The computer's clock is noted, not used. */
  skew() {
    const away = Date.now() - this.time.now();
    if (Math.abs(away) < SKEW) return;
    const words = `Часы этого компьютера ${away > 0 ? "спешат" : "отстают"} на ${span(Math.round(away / 60_000) * 60_000)}.`;
    if (document.querySelector("[data-skew][hidden]")) write("[data-skew] [data-words]", `${words} Время считается по часам сервера.`);
    reveal("[data-skew]", true);
  }
}
