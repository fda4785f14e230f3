/**
 * JSON to the server and back.
 * Contract: <meta name="csrf-token" content="…"> in the head of the page (base.html and exam_base.html write it).
 */

/** A reply the server gave on purpose: {error, text}; status 0 means that no reply came at all. */
export class Refusal extends Error {
  /** @param {number} status @param {string} code @param {string} text @param {number} [wait] seconds of Retry-After @param {any} [data] */
  constructor(status, code, text, wait = 0, data = {}) {
    super(text);
    this.status = status;
    this.code = code;
    this.wait = wait;
    this.data = data;
  }

  /** Whether the same request may succeed later: no network, a login that ended, a busy or a faulty server. */
  get passing() {
    return this.status === 0 || this.status === 401 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether the service does not know this page's person any more: no login, another one's, or an attempt it has lost. */
  get stranger() {
    return this.status === 401 || this.status === 404 || this.code === "csrf";
  }
}

/** @returns {string} */
export function token() {
  return document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
}

/**
 * POST a value as JSON; gives the JSON of the reply or throws a Refusal.
 * @param {string} url
 * @param {unknown} body
 * @param {{keepalive?: boolean, timeout?: number, open?: boolean}} [options] timeout in milliseconds; open: without any cookie
 * @returns {Promise<any>}
 */
export async function post(url, body, { keepalive = false, timeout = 15000, open = false } = {}) {
  /** @type {Record<string, string>} */
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  if (!open) headers["X-CSRF-Token"] = token();
  return read(fetch(url, { method: "POST", credentials: open ? "omit" : "same-origin", headers, body: JSON.stringify(body), keepalive,
    signal: AbortSignal.timeout(timeout) }));
}

/**
 * GET JSON; the same replies as post.
 * @param {string} url
 * @returns {Promise<any>}
 */
export async function get(url) {
  return read(fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15000) }));
}

/**
 * @param {Promise<Response>} sent
 * @returns {Promise<any>}
 */
async function read(sent) {
  let response;
  try {
    response = await sent;
  } catch {
    throw new Refusal(0, "offline", "Нет связи с сервером.");
  }
  if (response.status === 204) return {};
  const data = await response.json().catch(() => null);
  if (response.ok && data) return data;
  if (response.ok) throw new Refusal(0, "offline", "Ответ сервера не дошёл целиком.");
  const wait = Number(response.headers.get("Retry-After")) || 0;
  throw new Refusal(response.status, data?.error ?? "error", data?.text ?? `Сервер ответил отказом ${response.status}.`, wait, data ?? {});
}
