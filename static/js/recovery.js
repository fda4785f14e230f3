/**
 * Notices that the service has lost something of this attempt, and has it sent again before anything new (restore.js).
 */
import { moved, sendAgain } from "./restore.js";

export class Recovery {
  /**
   * @param {import("./outbox.js").Outbox} outbox
   * @param {import("./sender.js").Sender} sender
   * @param {import("./savestate.js").State} state
   * @param {{leave: (url: string) => void, reload: () => void}} ending
   * @param {() => Promise<boolean>} reached whether the service knows the attempt again
   */
  constructor(outbox, sender, state, ending, reached) {
    this.outbox = outbox;
    this.sender = sender;
    this.state = state;
    this.ending = ending;
    this.reached = reached;
    this.asked = false; // the attempt was not found once, and what is kept here has been shown to the service
    /** @type {Promise<void>|null} */
    this.running = null;
  }

  /** @param {any} reply @param {number} highest what this browser knew when it asked */
  needed(reply, highest) {
    return this.elsewhere(reply) || reply.number < highest;
  }

  /** @param {any} reply */
  elsewhere(reply) {
    return Boolean(reply?.attempt) && reply.attempt !== this.outbox.place.attempt;
  }

  /** The attempt is not to be found: lost, or somebody else has logged in here. */
  ask() {
    if (this.asked) return;
    this.asked = true;
    this.start("check");
  }

  /** @param {"check"|"again"} phase @param {any} [reply] that told of it */
  start(phase, reply = null) {
    this.running ??= this.work(phase, reply).finally(() => { this.running = null; });
    this.sender.before = this.running;
  }

  /** @param {"check"|"again"} phase @param {any} told */
  async work(phase, told) {
    this.state.set({ phase });
    const reply = await sendAgain(this.outbox, (refusal) => this.state.failed(refusal)) ?? told;
    const { trouble } = this.state.facts;
    this.state.set({ phase: "", trouble: trouble === "login" ? trouble : "" });
    if (this.elsewhere(reply)) setTimeout(() => this.move(reply));
    else if (phase === "check") setTimeout(() => this.back());
    else this.sender.kick();
  }

  /** The attempt that was not to be found may have been made again: then the page is asked for anew. */
  async back() {
    await this.sender.kick();
    if (await this.reached()) this.ending.reload();
  }

  /** The same work goes on as another attempt. @param {any} reply */
  async move(reply) {
    this.sender.foreign = true;
    await this.sender.kick();
    await moved(this.outbox, reply.attempt);
    this.ending.leave(reply.url);
  }
}
