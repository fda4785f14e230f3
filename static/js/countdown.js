/**
 * Time left, drawn from the server's time.
 * Contract: [data-timer] around [data-remaining] (the figures); [data-aloud] (role=status) is told at 10, 5 and 1 minute.
 */
import { two } from "./clock.js";

const ALOUD = [[600, "Осталось 10 минут"], [300, "Осталось 5 минут"], [60, "Осталась 1 минута"]];

/**
 * «18:42», «1:02:07», never below zero.
 * @param {number} seconds
 */
export function figures(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor(left / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(left % 60)}` : `${two(minutes)}:${two(left % 60)}`;
}

/** «5 мин», «1 ч 10 мин», «45 с», however it is signed. @param {number} milliseconds */
export function span(milliseconds) {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  const parts = [[Math.floor(seconds / 3600), "ч"], [Math.floor(seconds / 60) % 60, "мин"], [seconds % 60, "с"]];
  return parts.filter(([count]) => count).map((part) => part.join("\u00a0")).join(" ") || "0\u00a0с";
}

export class Countdown {
  /**
   * @param {import("./servertime.js").ServerTime} time
   * @param {string} deadline ISO
   * @param {() => void} ended called once when the deadline comes
   */
  constructor(time, deadline, ended) {
    this.time = time;
    this.deadline = Date.parse(deadline);
    this.ended = ended;
    this.over = false;
    this.told = this.left();
    this.draw();
    this.timer = setInterval(() => this.draw(), 250);
  }

  /** Seconds left. */
  left() {
    return (this.deadline - this.time.now()) / 1000;
  }

  /** A new deadline from the server. @param {string} iso */
  move(iso) {
    const next = Date.parse(iso);
    if (Number.isNaN(next) || next === this.deadline) return;
    this.deadline = next;
    this.told = this.left();
  }

  draw() {
    const left = this.left();
    const words = figures(left);
    const figure = document.querySelector("[data-remaining]");
    if (figure && figure.textContent !== words) {
      figure.textContent = words;
      document.querySelector("[data-timer]")?.setAttribute("aria-label", `Осталось ${words}`);
    }
    this.tell(left);
    if (left > 0 || this.over) return;
    this.over = true;
    clearInterval(this.timer);
    this.ended();
  }

  /** @param {number} left */
  tell(left) {
    for (const [mark, words] of ALOUD) {
      const place = document.querySelector("[data-aloud]");
      if (place && this.told > Number(mark) && left <= Number(mark)) place.textContent = String(words);
    }
    this.told = left;
  }
}
