/**
 * Answers kept on this computer, each sealed for the server (sealed.js): what lies here can be sent by anybody and read by nobody.
 * One group per attempt (how and where to deliver), one item per save; number 0 means that no acknowledgement has come yet.
 *
 * @typedef {{attempt: number, pass: string, label: string, url: string, moved: number, since: number}} Group
 *   moved: the attempt that took its place after a restore, or 0; since: milliseconds of the server's clock
 * @typedef {{key?: number, attempt: number, client: string, number: number, sealed: Uint8Array}} Item
 */

export const DATABASE = "answers";
export const SILENT = new Error("the browser does not answer");
const PATIENCE = 3000; // ms: a browser that neither opens nor refuses keeps nobody waiting

/** @returns {Promise<Store>} rejected where the browser keeps nothing (private mode, no room) */
export function openStore() {
  return new Promise((done, failed) => {
    setTimeout(() => failed(SILENT), PATIENCE);
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("groups", { keyPath: "attempt" });
      request.result.createObjectStore("items", { keyPath: "key", autoIncrement: true }).createIndex("attempt", "attempt");
    };
    request.onerror = () => failed(request.error);
    request.onblocked = () => failed(new Error("blocked"));
    request.onsuccess = () => done(new Store(request.result));
  });
}

export class Store {
  /** @param {IDBDatabase} base */
  constructor(base) {
    this.base = base;
    base.onversionchange = () => base.close();
  }

  /**
   * One transaction, on the disk when the promise ends.
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(items: IDBObjectStore, groups: IDBObjectStore) => IDBRequest<T>} work
   * @returns {Promise<T>}
   */
  run(mode, work) {
    return new Promise((done, failed) => {
      const deal = this.base.transaction(["items", "groups"], mode, { durability: "strict" });
      const request = work(deal.objectStore("items"), deal.objectStore("groups"));
      deal.oncomplete = () => done(request.result);
      deal.onabort = () => failed(deal.error);
    });
  }

  /** @param {Group} group */
  enter(group) {
    return this.run("readwrite", (_, groups) => groups.put(group));
  }

  /** @param {Item} item @returns {Promise<IDBValidKey>} its key */
  keep(item) {
    return this.run("readwrite", (items) => items.put(item));
  }

  /** @param {number|undefined} key */
  async drop(key) {
    if (key !== undefined) await this.run("readwrite", (items) => items.delete(key));
  }

  /** @returns {Promise<Group[]>} */
  groups() {
    return this.run("readonly", (_, groups) => groups.getAll());
  }

  /** In the order they were made. @param {number} attempt @returns {Promise<Item[]>} */
  items(attempt) {
    return this.run("readonly", (items) => items.index("attempt").getAll(attempt));
  }

  /** @param {number} attempt @returns {Promise<Item[]>} */
  async unsent(attempt) {
    return (await this.items(attempt)).filter((item) => !item.number);
  }

  /** Everything of one attempt. @param {number} attempt */
  async wipe(attempt) {
    const keys = (await this.items(attempt)).map((item) => item.key);
    for (const key of keys) await this.drop(key);
    await this.run("readwrite", (_, groups) => groups.delete(attempt));
  }
}
