/**
 * The server's clock in the place band.
 * Contract: <time data-clock datetime="2026-06-04T09:20:40+07:00">4 июня, 09:20</time>, the server's moment with the contest's offset when
 * the page was made. It ticks from performance.now(); the computer's own clock is never read.
 */

const MONTHS = ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"];

/**
 * Milliseconds of the offset written at the end of an ISO moment.
 * @param {string} iso
 */
export function offsetOf(iso) {
  const found = /([+-])(\d\d):?(\d\d)$/.exec(iso);
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return (found[1] === "-" ? -1 : 1) * minutes * 60000;
}

/** @param {number} value */
export function two(value) {
  return String(value).padStart(2, "0");
}

/**
 * «4 июня, 09:20» in the given offset.
 * @param {number} instant milliseconds since 1970
 * @param {number} offset milliseconds
 */
export function dayAndTime(instant, offset) {
  const local = new Date(instant + offset);
  return `${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]}, ${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`;
}

/** @param {HTMLTimeElement} element */
function run(element) {
  const start = Date.parse(element.dateTime);
  const offset = offsetOf(element.dateTime);
  const loaded = performance.now();
  const tick = () => {
    const now = start + performance.now() - loaded;
    element.textContent = dayAndTime(now, offset);
    setTimeout(tick, 60000 - ((now % 60000) + 60000) % 60000);
  };
  if (!Number.isNaN(start)) tick();
}

for (const element of document.querySelectorAll("time[data-clock]")) run(/** @type {HTMLTimeElement} */ (element));
