/**
 * A sealed package of a task: 0x01 | nonce (12 bytes) | AES-256-GCM, bound to the task and the hash of its version.
 * Inside: length of the head (4 bytes, big-endian) | head as JSON {title, html, files: [{id, name, mime, size}]} | the files.
 */

const HEAD = 13;
const VERSION = 1;

/** @param {string} text base64url without padding @returns {Uint8Array<ArrayBuffer>} */
function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

/**
 * Open a package; throws when the key, the binding or a single byte is another.
 * @param {ArrayBuffer} sealed
 * @param {string} keyText
 * @param {string} bound
 * @returns {Promise<{title: string, html: string, files: Map<number, {name: string, mime: string, blob: Blob}>}>}
 */
export async function openPackage(sealed, keyText, bound) {
  const bytes = new Uint8Array(sealed);
  if (bytes[0] !== VERSION) throw new Error("unknown package");
  const key = await crypto.subtle.importKey("raw", bytesOf(keyText), "AES-GCM", false, ["decrypt"]);
  const algorithm = { name: "AES-GCM", iv: bytes.slice(1, HEAD), additionalData: new TextEncoder().encode(bound) };
  return unpack(await crypto.subtle.decrypt(algorithm, key, bytes.subarray(HEAD)));
}

/** @param {ArrayBuffer} plain */
function unpack(plain) {
  const length = new DataView(plain).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(plain, 4, length)));
  const files = new Map();
  let at = 4 + length;
  for (const { id, name, mime, size } of head.files) {
    files.set(id, { name, mime, blob: new Blob([new Uint8Array(plain, at, size)], { type: mime }) });
    at += size;
  }
  return { title: head.title, html: head.html, files };
}
