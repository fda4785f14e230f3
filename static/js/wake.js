/**
 * Tells that the computer slept or the page stood still: more than three seconds between two ticks. The computer's clock is compared with the
 * page's own only to notice it: on some systems performance.now() stands still during sleep. No time is ever taken from it.
 */

const TICK = 1000;
const GAP = 3000;

/** @param {() => void} woke */
export function watch(woke) {
  let [mono, wall] = [performance.now(), Date.now()];
  const look = () => {
    const [sinceMono, sinceWall] = [performance.now() - mono, Date.now() - wall];
    [mono, wall] = [mono + sinceMono, wall + sinceWall];
    if (sinceMono > GAP || sinceWall - sinceMono > GAP) woke();
  };
  setInterval(look, TICK);
  for (const name of ["visibilitychange", "focus", "resume"]) addEventListener(name, look, { capture: true });
}
