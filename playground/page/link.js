/**
 * A state ↔ the fragment of a link: `#v1.` and base64url of a checksum (CRC-32, four bytes) and the deflated JSON.
 * A fragment is never sent to a server.
 */

import { check } from './state.js';

/** @typedef {import('./state.js').State} State */

/** The version that this page writes and reads. */
export const VERSION = 1;
/** Characters of a fragment; browsers take more, but little else that links travel through does. */
export const LONGEST = 64 * 1024;
/** Characters above which the page warns that some programs cut links. */
export const LONG = 8 * 1024;
/** Bytes of the JSON: a short link must not unpack into something that stops the page. */
const UNPACKED = 4 * 1024 * 1024;

/** A link that cannot be opened, in words for the reader. */
export class LinkError extends Error {}

/**
 * @param {State} state of texts alone
 * @returns {Promise<string>} the fragment, without `#`
 */
export async function pack(state) {
  const json = new TextEncoder().encode(JSON.stringify(state));
  if (json.length > UNPACKED) throw new LinkError('What is in the page is longer than a link can hold.');
  const packed = await through(new CompressionStream('deflate-raw'), json, UNPACKED);
  const bytes = new Uint8Array(4 + packed.length);
  new DataView(bytes.buffer).setUint32(0, crc32(json));
  bytes.set(packed, 4);
  return `v${VERSION}.${toBase64Url(bytes)}`;
}

/**
 * @param {string} fragment without `#`
 * @returns {Promise<State>}
 */
export async function unpack(fragment) {
  const found = /^v([1-9][0-9]{0,5})\.(.*)$/s.exec(fragment);
  if (!found) throw new LinkError('The link is not one of this playground.');
  if (Number(found[1]) > VERSION) {
    throw new LinkError(`The link was made by a later version of this playground (its links are version ${found[1]}, this page reads ${VERSION}). Open it there.`);
  }
  try {
    const bytes = fromBase64Url(found[2]);
    if (bytes.length < 5) throw new Error('cut off');
    const sum = new DataView(bytes.buffer).getUint32(0);
    const json = await through(new DecompressionStream('deflate-raw'), bytes.subarray(4), UNPACKED);
    if (crc32(json) !== sum) throw new Error('checksum');
    return check(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
  } catch {
    throw new LinkError('The link is broken: a part of it is missing or was changed on the way.');
  }
}

/**
 * What comes out of a stream, or an error where that is too much.
 *
 * @param {GenericTransformStream} stream
 * @param {Uint8Array | Blob} input
 * @param {number} most bytes to come out
 */
export async function through(stream, input, most) {
  const source = new Blob([/** @type {any} */ (input)]).stream().pipeThrough(/** @type {any} */ (stream));
  const reader = source.getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new Error('too long');
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** @param {Uint8Array} bytes */
function toBase64Url(bytes) {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @param {string} text */
function fromBase64Url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Error('a character that is none of base64url');
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

/**
 * CRC-32 as in ISO 3309, the one of gzip.
 *
 * @param {Uint8Array} bytes
 */
function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return ~sum >>> 0;
}
