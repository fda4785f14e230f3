/**
 * Pauses between attempts: 1, 2, 4, 8, 15 s with jitter, never shorter than the server asked for; the network coming back ends a pause.
 */

const WAITS = [1, 2, 4, 8, 15];

export class Pause {
  constructor() {
    this.failures = 0;
    this.wake = () => {};
    addEventListener("online", () => this.wake());
  }

  /** @param {number} [least] seconds of Retry-After */
  async next(least = 0) {
    const seconds = Math.max(WAITS[Math.min(this.failures, WAITS.length - 1)] * (0.75 + Math.random() / 2), least);
    this.failures += 1;
    await new Promise((resolve) => { this.wake = () => resolve(undefined); setTimeout(resolve, seconds * 1000); });
    this.wake = () => {};
  }

  reset() {
    this.failures = 0;
  }
}
