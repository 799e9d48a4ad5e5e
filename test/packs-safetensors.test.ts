import { readFileSync } from 'node:fs';
import t from 'tap';
import { floats, readSafetensors, writeSafetensors } from '../dist/packs/safetensors.js';
import { close } from './support/close.js';
import { goldenFile } from './support/golden.js';

const refuse = (sentence: string) => Object.assign(new Error(sentence), { code: 'REFUSED' });

/** A file with any header and body. */
function file(header: unknown, body = 0, length?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([size, json, Buffer.alloc(body)]);
}

t.test('what is written reads back', async (t) => {
  const tensors = {
    weights: { dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    index: { dims: [2], data: BigInt64Array.of(-1n, 7n) },
    flag: { dims: [3], data: Uint8Array.of(1, 0, 1), dtype: 'BOOL' as const },
    half: { dims: [1], data: Uint16Array.of(0x3c00), dtype: 'F16' as const },
    short: { dims: [1], data: Uint16Array.of(9) },
    none: { dims: [0, 4], data: new Float64Array(0) },
    __proto: { dims: [], data: Int32Array.of(-5) },
  };
  const bytes = writeSafetensors(tensors, { pack: 'puppet' });
  const { tensors: read, metadata } = readSafetensors(bytes);
  t.same(metadata, { pack: 'puppet' });
  t.same(Object.keys(read).sort(), Object.keys(tensors).sort());
  for (const [name, tensor] of Object.entries(tensors)) {
    t.same(read[name]!.dims, tensor.dims, name);
    t.same(read[name]!.data, tensor.data, name);
  }
  t.equal(read.short!.dtype, 'U16');
  t.same(floats(read.half!), Float32Array.of(1));
  t.same(floats(read.index!), Float32Array.of(-1, 7));
  t.same(
    writeSafetensors(Object.fromEntries(Object.entries(tensors).reverse()), { pack: 'puppet' }),
    bytes,
    'same bytes',
  );
});

t.test('arrays do not depend on the buffer they came from', async (t) => {
  const bytes = writeSafetensors({ x: { dims: [2], data: Float32Array.of(1, 2) } });
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const { tensors } = readSafetensors(shifted.subarray(1));
  shifted.fill(0);
  t.same(tensors.x!.data, Float32Array.of(1, 2));
});

t.test('bfloat16 is the upper half of a float', async (t) => {
  const bytes = writeSafetensors({
    x: { dims: [3], data: Uint16Array.of(0x3f80, 0xc040, 0x7f80), dtype: 'BF16' },
  });
  t.same(floats(readSafetensors(bytes).tensors.x!), Float32Array.of(1, -3, Number.POSITIVE_INFINITY));
});

t.test('files of the reference implementation are read', async (t) => {
  const { tensors, metadata } = readSafetensors(readFileSync(goldenFile('ddim_50.safetensors')));
  t.same(tensors.trajectory!.dims, [51, 1, 4, 70]);
  t.equal(tensors.timesteps!.dtype, 'I64');
  t.equal(Number(tensors.timesteps!.data[0]), 980);
  t.same(metadata, {});
  const [noise, first] = [floats(tensors.noise!), floats(tensors.trajectory!).subarray(0, 280)];
  close(t, first, noise, 0, 'trajectory[0] is the noise');
});

t.test('malformed files are refused with the error of the caller', async (t) => {
  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const cases: [string, Uint8Array][] = [
    ['empty', new Uint8Array(0)],
    ['seven bytes', new Uint8Array(7)],
    ['header beyond the file', file({}, 0, 100n)],
    ['header of 2^63 bytes', file({}, 0, 1n << 63n)],
    ['not JSON', file('{"x":')],
    ['not UTF-8', Buffer.concat([file('    ').subarray(0, 8), Buffer.from([0xff, 0xfe, 0x7b, 0x7d])])],
    ['an array', file([])],
    ['null', file('null')],
    ['entry is null', file({ x: null })],
    ['unknown type', file({ x: { ...entry, dtype: 'F8' } }, 8)],
    ['type from the prototype', file({ x: { ...entry, dtype: 'constructor' } }, 8)],
    ['negative length', file({ x: { ...entry, shape: [-2] } }, 8)],
    ['fractional length', file({ x: { ...entry, shape: [0.5, 4] } }, 8)],
    ['overflowing shape', file({ x: { ...entry, shape: [2 ** 40, 2 ** 40] } }, 8)],
    ['shape as text', file({ x: { ...entry, shape: '2' } }, 8)],
    ['one offset', file({ x: { ...entry, data_offsets: [0] } }, 8)],
    ['offsets reversed', file({ x: { ...entry, data_offsets: [8, 0] } }, 8)],
    ['fewer bytes than the shape', file({ x: { ...entry, data_offsets: [0, 4] } }, 4)],
    ['beyond the file', file({ x: entry }, 4)],
    ['bytes left over', file({ x: entry }, 12)],
    ['a gap', file({ x: { ...entry, data_offsets: [4, 12] } }, 12)],
    ['overlapping', file({ x: entry, y: { ...entry, data_offsets: [4, 12] } }, 12)],
    ['metadata is a list', file({ __metadata__: [], x: entry }, 8)],
    ['metadata holds a number', file({ __metadata__: { a: 1 }, x: entry }, 8)],
  ];
  for (const [name, bytes] of cases)
    t.throws(() => readSafetensors(bytes, refuse), { code: 'REFUSED', message: /^Expected / }, name);
});

t.test('tensors that do not fit their shape are not written', async (t) => {
  t.throws(() => writeSafetensors({ x: { dims: [3], data: Float32Array.of(1, 2) } }), { name: 'RangeError' });
  t.throws(() => writeSafetensors({ __metadata__: { dims: [1], data: Float32Array.of(1) } }), {
    name: 'RangeError',
  });
  t.throws(() => writeSafetensors({ x: { dims: [1], data: Float32Array.of(1), dtype: 'F16' } }), {
    name: 'RangeError',
  });
});
