/**
 * Seals what the page wants to keep, for the server alone: 0x01 | the page's public point (65 bytes) | nonce (12) | AES-256-GCM.
 * One pair of keys per page. The private half and the common key live in this object only: once the page is gone, nobody on this
 * computer can open what it sealed, the participant and we included.
 */

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const words = new TextEncoder();

/** @param {Uint8Array} bytes */
export function base64url(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

export class Seal {
  /** @param {CryptoKey} key @param {Uint8Array} point @param {number} attempt */
  constructor(key, point, attempt) {
    this.key = key;
    this.point = point;
    this.bound = words.encode(`attempt:${attempt}`);
  }

  /**
   * @param {number} attempt
   * @param {string} serverPoint base64url; rejected without WebCrypto (plain http)
   */
  static async make(attempt, serverPoint) {
    const theirs = await crypto.subtle.importKey("raw", bytesOf(serverPoint), CURVE, false, []);
    const ours = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey));
    const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
    const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    const way = { name: "HKDF", hash: "SHA-256", salt: point, info: words.encode("outbox") };
    const key = await crypto.subtle.deriveKey(way, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    return new Seal(key, point, attempt);
  }

  /** @param {unknown} payload @returns {Promise<Uint8Array>} */
  async close(payload) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const how = { name: "AES-GCM", iv, additionalData: this.bound };
    const body = new Uint8Array(await crypto.subtle.encrypt(how, this.key, words.encode(JSON.stringify(payload))));
    const sealed = new Uint8Array(1 + this.point.length + iv.length + body.length);
    sealed.set([1]);
    sealed.set(this.point, 1);
    sealed.set(iv, 1 + this.point.length);
    sealed.set(body, 1 + this.point.length + iv.length);
    return sealed;
  }
}
