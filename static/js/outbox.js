/**
 * The answers of this page that are not yet acknowledged, and the acknowledged ones until the final receipt. Their text lives in the page's
 * memory only; on the disk each lies sealed for the server. Where nothing can be sealed or kept, memory is all there is, and `durable` says so.
 *
 * @typedef {{question: string|number, seq: number, value: unknown, client_id: string, mono: number, page_id: string, prev: string}} Save
 * @typedef {{t: string, number: number, hash: string, prev: string, seal: string, late: boolean}} Ack
 * @typedef {{save: Save, ack: Ack|null, key?: number, sealed?: Uint8Array, flying: boolean, lost: boolean, ready: Promise<void>}} Entry
 *   lost: not on the disk; flying: on its way to the server
 * @typedef {{attempt: number, pass: string, proof: string, label: string, url: string, point: string, since: number}} Place
 */
import { Seal } from "./sealed.js";
import { openStore, SILENT } from "./store.js";

/** A random id of 32 hex figures; crypto.randomUUID exists only over https. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  /** @param {Place} place */
  constructor(place) {
    this.place = place;
    /** @type {Entry[]} */
    this.waiting = [];
    /** @type {Entry[]} */
    this.done = [];
    this.head = ""; // hash of the last acknowledgement
    this.highest = 0; // number of the last acknowledgement
    this.given = false; // up: the browser does not answer whether it keeps anything
    this.works = true; // the last attempt to keep something succeeded
    /** @type {Promise<Seal|null>} */
    this.seal = Seal.make(place.attempt, place.point).catch(() => null);
    this.store = this.open();
  }

  /** The store with this attempt's group in it, or null. */
  async open() {
    const { attempt, pass, label, url, since } = this.place;
    try {
      if (this.given || !await this.seal) throw new Error("in vain");
      const store = await openStore();
      await store.enter({ attempt, pass, label, url, since, moved: 0 });
      return store;
    } catch (error) {
      this.works = false;
      this.given ||= error === SILENT;
      return null;
    }
  }

  /** Whether everything unsent lies on the disk. */
  get durable() {
    return this.works && !this.waiting.some((entry) => entry.lost);
  }

  get size() {
    return this.waiting.length;
  }

  /** An unsent older save of the same question is replaced: the higher seq wins anyway. @param {Save} save */
  put(save) {
    const older = this.waiting.filter((one) => one.save.question === save.question && !one.flying);
    /** @type {Entry} */
    const entry = { save, ack: null, flying: false, lost: false, ready: Promise.resolve() };
    this.waiting = [...this.waiting.filter((one) => !older.includes(one)), entry];
    for (const one of this.waiting) if (one !== entry && one.lost) this.keep(one);
    this.keep(entry).then(() => { if (!entry.lost) older.forEach((one) => this.drop(one)); });
  }

  /** Seal and write, after what is being written of it already. @param {Entry} entry */
  keep(entry) {
    entry.ready = entry.ready.then(() => this.write(entry)).then(
      () => { this.works = true; entry.lost = false; },
      () => { this.works = false; entry.lost = entry.key === undefined; });
    return entry.ready;
  }

  /** @param {Entry} entry */
  async write(entry) {
    const { attempt } = this.place;
    const sealed = await this.sealed(entry);
    const store = await this.store ?? await (this.store = this.open());
    if (!store) throw new Error("no store");
    const item = { attempt, client: entry.save.client_id, number: entry.ack?.number ?? 0, sealed };
    entry.key = Number(await store.keep(entry.key === undefined ? item : { ...item, key: entry.key }));
  }

  /** @param {Entry} entry */
  async sealed(entry) {
    const seal = await this.seal;
    if (!seal) throw new Error("no seal");
    entry.sealed = await seal.close({ proof: this.place.proof, save: entry.save, ack: entry.ack });
    return entry.sealed;
  }

  /** The server has it: kept with its acknowledgement until the final receipt. @param {Entry} entry @param {Ack} ack */
  acknowledged(entry, ack) {
    const { t, number, hash, prev, seal, late } = ack;
    entry.ack = { t, number, hash, prev, seal, late };
    this.waiting = this.waiting.filter((one) => one !== entry);
    this.done.push(entry);
    this.highest = Math.max(this.highest, number ?? 0);
    this.head = hash ?? this.head;
    this.keep(entry);
  }

  /** Replaced or refused for good. @param {Entry} entry */
  drop(entry) {
    this.waiting = this.waiting.filter((one) => one !== entry);
    entry.ready = entry.ready.then(async () => (await this.store)?.drop(entry.key)).catch(() => {});
  }
}
