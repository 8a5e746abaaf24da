/**
 * LZMA → bytes. The module is code that repeats itself over long distances: deflate, which browsers have, sees 32 KiB of it and leaves
 * 783 000 bytes where LZMA leaves 575 000. The stream is that of `xz --format=lzma`, with its length in the header and the mark at its end;
 * names are those of the LZMA specification (Igor Pavlov, 2015, in the public domain).
 */

const HEADER = 13;
const START = 1024;
/** The distance that says that nothing follows. */
const END = 0xffffffff;

/** Where each kind of probability begins. */
const IS_MATCH = 0;
const IS_REP = IS_MATCH + 12 * 16;
const IS_REP_G0 = IS_REP + 12;
const IS_REP_G1 = IS_REP_G0 + 12;
const IS_REP_G2 = IS_REP_G1 + 12;
const IS_REP0_LONG = IS_REP_G2 + 12;
const POS_SLOT = IS_REP0_LONG + 12 * 16;
const POS = POS_SLOT + 4 * 64;
const ALIGN = POS + 128;
const LENGTH = ALIGN + 16;
const REP_LENGTH = LENGTH + 2 + 2 * 128 + 256;
const LITERAL = REP_LENGTH + 2 + 2 * 128 + 256;

/** The range coder and what it has learnt. */
class Bits {
  /**
   * @param {Uint8Array} packed
   * @param {number} probabilities
   */
  constructor(packed, probabilities) {
    this.packed = packed;
    this.learnt = new Uint16Array(probabilities).fill(START);
    this.range = 0xffffffff;
    this.code = 0;
    // The first byte is always 0.
    this.at = HEADER + 1;
    for (let i = 0; i < 4; i += 1) this.code = ((this.code << 8) | packed[this.at++]) >>> 0;
  }

  normalise() {
    if (this.range >= 0x1000000) return;
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | this.packed[this.at++]) >>> 0;
  }

  /** @param {number} place of the probability */
  bit(place) {
    const learnt = this.learnt[place];
    const bound = (this.range >>> 11) * learnt;
    const bit = this.code < bound ? 0 : 1;
    if (bit === 0) {
      this.range = bound;
      this.learnt[place] = learnt + ((2048 - learnt) >>> 5);
    } else {
      this.range -= bound;
      this.code -= bound;
      this.learnt[place] = learnt - (learnt >>> 5);
    }
    this.normalise();
    return bit;
  }

  /** So many bits that nothing is known of. @param {number} count */
  direct(count) {
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      this.range >>>= 1;
      const bit = this.code < this.range ? 0 : 1;
      if (bit) this.code -= this.range;
      value = (value << 1) | bit;
      this.normalise();
    }
    return value;
  }

  /** The highest bit first. @returns {number} */
  tree(/** @type {number} */ place, /** @type {number} */ count) {
    let node = 1;
    for (let i = 0; i < count; i += 1) node = (node << 1) | this.bit(place + node);
    return node - (1 << count);
  }

  /** The lowest bit first. @returns {number} */
  reverse(/** @type {number} */ place, /** @type {number} */ count) {
    let node = 1;
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      const bit = this.bit(place + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  /** @returns {number} less the two that every match has */
  length(/** @type {number} */ place, /** @type {number} */ posState) {
    if (this.bit(place) === 0) return this.tree(place + 2 + posState * 8, 3);
    if (this.bit(place + 1) === 0) return 8 + this.tree(place + 2 + 128 + posState * 8, 3);
    return 16 + this.tree(place + 2 + 256, 8);
  }

  /** @param {number} length as `length` gives it */
  distance(length) {
    const slot = this.tree(POS_SLOT + Math.min(length, 3) * 64, 6);
    if (slot < 4) return slot;
    const count = (slot >> 1) - 1;
    const base = ((2 | (slot & 1)) << count) >>> 0;
    if (slot < 14) return base + this.reverse(POS + base - slot, count);
    return base + this.direct(count - 4) * 16 + this.reverse(ALIGN, 4);
  }
}

/**
 * What is damaged leaves the range coder elsewhere at the end than where the packer left it, so that no checksum is needed. Only the first byte
 * that comes out can be another one by itself: what begins neither as a module nor as the script with the known hash is nothing that would run.
 *
 * @param {Uint8Array} packed with the length of what comes out in its header
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function unpack(packed) {
  const properties = packed[0];
  const [lc, lp, pb] = [properties % 9, Math.floor(properties / 9) % 5, Math.floor(properties / 45)];
  const out = new Uint8Array(new DataView(packed.buffer, packed.byteOffset).getUint32(5, true));
  const bits = new Bits(packed, LITERAL + (0x300 << (lc + lp)));
  let [state, rep0, rep1, rep2, rep3] = [0, 0, 0, 0, 0];
  let at = 0;
  for (;;) {
    // Within the last byte there is still the mark to come.
    if (at > out.length || bits.at > packed.length) throw damaged();
    const posState = at & ((1 << pb) - 1);
    if (bits.bit(IS_MATCH + state * 16 + posState) === 0) {
      const before = at > 0 ? out[at - 1] : 0;
      const place = LITERAL + 0x300 * (((at & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
      out[at] = literal(bits, place, state < 7 ? -1 : out[at - rep0 - 1]);
      at += 1;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let length;
    if (bits.bit(IS_REP + state) === 0) {
      [rep3, rep2, rep1] = [rep2, rep1, rep0];
      length = bits.length(LENGTH, posState);
      rep0 = bits.distance(length);
      if (rep0 === END) break;
      state = state < 7 ? 7 : 10;
    } else {
      if (bits.bit(IS_REP_G0 + state) === 0) {
        if (bits.bit(IS_REP0_LONG + state * 16 + posState) === 0) {
          if (rep0 >= at) throw damaged();
          out[at] = out[at - rep0 - 1];
          at += 1;
          state = state < 7 ? 9 : 11;
          continue;
        }
      } else if (bits.bit(IS_REP_G1 + state) === 0) {
        [rep1, rep0] = [rep0, rep1];
      } else if (bits.bit(IS_REP_G2 + state) === 0) {
        [rep2, rep1, rep0] = [rep1, rep0, rep2];
      } else {
        [rep3, rep2, rep1, rep0] = [rep2, rep1, rep0, rep3];
      }
      length = bits.length(REP_LENGTH, posState);
      state = state < 7 ? 8 : 11;
    }
    if (rep0 >= at) throw damaged();
    for (const end = at + length + 2; at < end; at += 1) out[at] = out[at - rep0 - 1];
  }
  if (at !== out.length || bits.code !== 0 || bits.at !== packed.length) throw damaged();
  return out;
}

function damaged() {
  return new Error('what is packed in this page is damaged: get its file again');
}

/**
 * @param {Bits} bits
 * @param {number} place
 * @param {number} matched the byte that would have followed the last match; -1 where a literal came before
 */
function literal(bits, place, matched) {
  let symbol = 1;
  while (matched >= 0 && symbol < 0x100) {
    const expected = (matched >> 7) & 1;
    matched = (matched << 1) & 0xff;
    const bit = bits.bit(place + ((1 + expected) << 8) + symbol);
    symbol = (symbol << 1) | bit;
    if (bit !== expected) break;
  }
  while (symbol < 0x100) symbol = (symbol << 1) | bits.bit(place + symbol);
  return symbol & 0xff;
}
