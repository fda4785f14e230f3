/**
 * The server's time on this page: its moment at loading, later samples, and performance.now(). The computer's own clock is never read.
 */

const KEPT = 8;

export class ServerTime {
  /** @param {string} iso the server's moment when the page was made */
  constructor(iso) {
    this.offset = Date.parse(iso) - performance.now();
    /** @type {{trip: number, offset: number}[]} */
    this.samples = [];
  }

  /** Milliseconds since 1970 by the server's clock. */
  now() {
    return performance.now() + this.offset;
  }

  /** The page's own clock may have stood still: older samples say nothing any more. */
  forget() {
    this.samples = [];
  }

  /**
   * One request and reply; of the last eight the one with the least round trip is believed.
   * @param {string} iso the server's moment inside the reply
   * @param {number} sent performance.now() before the request
   * @param {number} received performance.now() after the reply
   */
  sample(iso, sent, received) {
    const instant = Date.parse(iso);
    if (Number.isNaN(instant)) return;
    this.samples = [...this.samples, { trip: received - sent, offset: instant - (sent + received) / 2 }].slice(-KEPT);
    this.offset = this.samples.reduce((best, next) => (next.trip < best.trip ? next : best)).offset;
  }
}
