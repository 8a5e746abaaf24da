/** What xz packs is unpacked, byte for byte. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { unpack } from '../page/unpack/lzma.js';

/** @param {Buffer} bytes @param {string} options */
function pack(bytes, options) {
  const stream = execFileSync('xz', ['--format=lzma', `--lzma1=${options}`, '--stdout'], { input: bytes, maxBuffer: 1 << 28 });
  stream.writeBigUInt64LE(BigInt(bytes.length), 5);
  return stream;
}

let seed = 7;
const random = (/** @type {number} */ below) => (seed = (seed * 48_271) % 2_147_483_647) % below;

const INPUTS = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from([0xff]),
  'one byte often': Buffer.alloc(100_000, 7),
  noise: Buffer.from(Array.from({ length: 70_000 }, () => random(256))),
  text: Buffer.from(Array.from({ length: 20_000 }, () => ['rule', 'deny', 'audit', '\n', ' '][random(5)]).join('')),
  // Matches far away, and again the same one a byte further.
  repeated: (() => {
    const block = Buffer.from(Array.from({ length: 300_000 }, () => random(256)));
    return Buffer.concat([block, block.subarray(1000), block.subarray(0, 200_000), Buffer.from('x'), block.subarray(5)]);
  })(),
};

for (const [name, bytes] of Object.entries(INPUTS)) {
  test(name, () => {
    for (const options of ['preset=9e', 'preset=9e,lc=4,pb=0', 'preset=1,lc=0,lp=2,pb=4', 'preset=6,lc=2,lp=2,pb=1']) {
      assert.ok(bytes.equals(unpack(pack(bytes, options))), options);
    }
  });
}

test('a damaged stream is an error, wherever it is damaged behind its first byte', () => {
  const stream = pack(INPUTS.text, 'preset=9e');
  // Behind what holds the first byte of the text.
  for (let at = 16; at < stream.length; at += 41) {
    for (const bits of [0x01, 0x55, 0x80]) {
      const damaged = Buffer.from(stream);
      damaged[at] ^= bits;
      assert.throws(() => unpack(damaged), /damaged/, `${at}: ${bits}`);
    }
  }
  for (const length of [stream.length - 1, stream.length - 5, 4000, 20]) assert.throws(() => unpack(stream.subarray(0, length)), /damaged/, `cut off at ${length}`);
  assert.throws(() => unpack(Buffer.concat([stream, Buffer.alloc(1)])), /damaged/);
  for (const length of [0, INPUTS.text.length - 1, INPUTS.text.length + 1]) {
    const other = Buffer.from(stream);
    other.writeBigUInt64LE(BigInt(length), 5);
    assert.throws(() => unpack(other), /damaged/, `a header with the length ${length}`);
  }
});
