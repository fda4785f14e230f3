/**
 * One tab answers at a time: the lock of the attempt, held as long as the page lives. Without navigator.locks the server's own check of
 * seq is all there is.
 * Contract: [data-other-tab] is the cover, [data-take] its button «Продолжить здесь».
 */

/**
 * Whether this tab has the attempt; `lost` is called when another one has taken it.
 * @param {string} name
 * @param {() => void} lost
 * @returns {Promise<boolean>}
 */
export function hold(name, lost) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((told) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      told(lock !== null);
      return lock && new Promise(() => {});
    }).catch(lost);
  });
}

/** Take the lock from whoever has it; a page opened next will hold it. @param {string} name */
export function take(name) {
  return new Promise((taken) => {
    navigator.locks.request(name, { steal: true }, () => { taken(undefined); return new Promise(() => {}); }).catch(() => {});
  });
}

/**
 * `work` under the lock, unless somebody has it. Whether it was done.
 * @param {string} name
 * @param {() => Promise<unknown>} work
 * @returns {Promise<boolean>}
 */
export async function alone(name, work) {
  if (!navigator.locks) return work().then(() => true);
  return navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}
