/** The decoder as a script of its own: the loader unpacks the page's scripts by it, the worker its module. */

import { unpack } from './lzma.js';

/** @param {string} base64 */
self.unpackText = (base64) => unpack(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
