import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openCheckpoint, PythonObject, selectState } from '../dist/packs/checkpoint/index.js';
import { writeSafetensors } from '../dist/packs/safetensors.js';
import {
  Call,
  float32,
  Name,
  npy,
  OrderedDict,
  Storage,
  Tensor,
  Tuple,
  torchLegacy,
  torchZip,
  zip,
} from './support/checkpoint-writer.js';
import { goldenFile } from './support/golden.js';

interface GoldenKey {
  key: string;
  shape: number[];
  value?: unknown;
  center?: number | number[];
  scale?: number | number[];
}

const { salt, networks } = JSON.parse(readFileSync(goldenFile('checkpoints.json'), 'utf8')) as {
  salt: string;
  networks: Record<string, GoldenKey[]>;
};

/** The weights of golden/README.md. */
function formula(network: string, { key, shape, center = 0, scale = 0 }: GoldenKey): Float32Array {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(`${salt}${network}.${key}`)) seed = Math.imul(seed ^ byte, 0x01000193);
  const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
  const row = data.length / (shape[0] ?? 1);
  const at = (numbers: number | number[], i: number) =>
    typeof numbers === 'number' ? numbers : numbers[Math.floor(i / row)]!;
  for (let i = 0; i < data.length; i++) {
    const u = (mixed(Math.imul(i, 0x9e3779b1) + seed) >>> 8) / 2 ** 24;
    data[i] = at(center, i) + at(scale, i) * (2 * u - 1);
  }
  return data;
}

function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function opened(t: { testdir(): string }, bytes: Uint8Array) {
  const file = join(t.testdir(), 'file');
  writeFileSync(file, bytes);
  return openCheckpoint(file);
}

t.test('the stitching and retargeting networks read exactly', async (t) => {
  await using checkpoint = await openCheckpoint(goldenFile('stitching_retargeting_module.pth'));
  t.equal(checkpoint.format, 'torch-zip');
  const names = ['retarget_shoulder', 'retarget_mouth', 'retarget_eye'];
  t.equal(checkpoint.tensors.size, names.flatMap((name) => networks[name]!).length);
  for (const name of names)
    for (const entry of networks[name]!) {
      const { dims, dtype, data } = await checkpoint.read(`${name}.module.${entry.key}`);
      t.same({ dims, dtype }, { dims: entry.shape, dtype: 'float32' }, `${name} ${entry.key}`);
      t.ok(Buffer.from(data.buffer).equals(Buffer.from(formula(name, entry).buffer)), `${name} ${entry.key}`);
    }
});

t.test('the legacy container reads exactly', async (t) => {
  await using checkpoint = await openCheckpoint(goldenFile('legacy_container.pth'));
  t.equal(checkpoint.format, 'torch-legacy');
  const network = 'wav2lip_audio_encoder';
  const block = networks[network]!.filter(({ key }) => key.startsWith('audio_encoder.0.'));
  t.same(
    [...checkpoint.tensors.keys()],
    block.map(({ key }) => `state_dict.module.${key}`),
  );
  for (const entry of block) {
    const loaded = await checkpoint.read(`state_dict.module.${entry.key}`);
    t.same(loaded.dims, entry.shape, entry.key);
    if (entry.value === undefined) t.same(loaded.data, formula(network, entry), entry.key);
    else t.same(loaded.data, BigInt64Array.of(BigInt(entry.value as number)), entry.key);
  }
  const values = checkpoint.values as Map<string, unknown>;
  t.equal(values.get('global_step'), 7);
  t.equal(values.get('optimizer'), null);
});

t.test('halves, bfloat16, integers, a transposed view and plain values read exactly', async (t) => {
  await using checkpoint = await openCheckpoint(goldenFile('mixed_container.pth'));
  const half = await checkpoint.read('model.half');
  t.same(half, {
    dims: [2, 3],
    dtype: 'float16',
    data: Uint16Array.of(0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500),
  });
  t.same(await checkpoint.floats('model.half'), Float32Array.of(0, 1, 2, 3, 4, 5));
  t.same(await checkpoint.floats('model.bf16'), Float32Array.of(0, 1, 2, 3));
  t.same((await checkpoint.read('model.i64')).data, BigInt64Array.of(1n, -2n));
  t.same(checkpoint.tensors.get('model.view')!.strides, [1, 4]);
  const view = await checkpoint.read('model.view');
  t.same(view, {
    dims: [4, 3],
    dtype: 'float32',
    data: Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11),
  });
  const values = checkpoint.values as Map<string, unknown>;
  t.equal(values.get('epoch'), 3);
  t.equal(values.get('best_val'), null);
  t.same(
    [...(values.get('cfg') as Map<string, unknown>)],
    [
      ['lr', 1e-4],
      ['name', 'x'],
    ],
  );
});

const everyType = () => ({
  float64: new Storage('float64', Float64Array.of(1.5, -2, Math.PI)),
  float32: new Storage('float32', Float32Array.of(1.5, -2, Math.PI)),
  float16: new Storage('float16', Uint16Array.of(0x3e00, 0xc000, 0x7c00)),
  bfloat16: new Storage('bfloat16', Uint16Array.of(0x3fc0, 0xc000, 0x7f80)),
  int64: new Storage('int64', BigInt64Array.of(1n, -2n, 2n ** 62n)),
  int32: new Storage('int32', Int32Array.of(1, -2, 2 ** 30)),
  int16: new Storage('int16', Int16Array.of(1, -2, 2 ** 14)),
  int8: new Storage('int8', Int8Array.of(1, -2, 100)),
  uint8: new Storage('uint8', Uint8Array.of(1, 254, 0)),
  bool: new Storage('bool', Uint8Array.of(1, 0, 1)),
});

const containers = {
  'zip, stored': (value: unknown) => torchZip(value),
  'zip, deflated': (value: unknown) => torchZip(value, { deflate: true }),
  'zip, big-endian': (value: unknown) => torchZip(value, { bigEndian: true }),
  legacy: torchLegacy,
};

for (const [container, save] of Object.entries(containers)) {
  t.test(`every element type: ${container}`, async (t) => {
    const storages = everyType();
    const tensors = Object.entries(storages).map(
      ([name, storage]) => [name, new Tensor(storage, [3])] as const,
    );
    await using checkpoint = await opened(t, save(new OrderedDict(tensors)));
    for (const [name, storage] of Object.entries(storages)) {
      const { dtype, data } = await checkpoint.read(name);
      t.equal(dtype, name);
      t.same(data, storage.data, name);
    }
    t.same(await checkpoint.floats('float16'), Float32Array.of(1.5, -2, Number.POSITIVE_INFINITY));
    t.same(await checkpoint.floats('bfloat16'), Float32Array.of(1.5, -2, Number.POSITIVE_INFINITY));
    t.same(await checkpoint.floats('int64'), Float32Array.of(1, -2, 2 ** 62));
    t.same(await checkpoint.floats('bool'), Float32Array.of(1, 0, 1));
  });

  t.test(`views of one storage: ${container}`, async (t) => {
    const storage = new Storage(
      'int32',
      Int32Array.from({ length: 24 }, (_, i) => i),
    );
    const views = {
      whole: new Tensor(storage, [2, 3, 4]),
      permuted: new Tensor(storage, [4, 2, 3], [1, 12, 4]),
      middle: new Tensor(storage, [2, 2], [12, 1], 5),
      every: new Tensor(storage, [3], [8], 1),
      repeated: new Tensor(storage, [2, 3], [0, 1], 20),
      scalar: new Tensor(storage, [], [], 23),
      none: new Tensor(storage, [0, 5], [5, 1], 24),
      column: new Tensor(storage, [2, 1], [12, 99]),
    };
    await using checkpoint = await opened(t, save(new Map(Object.entries(views))));
    const data = async (name: string) => [...((await checkpoint.read(name)).data as Int32Array)];
    t.same(await data('whole'), [...(storage.data as Int32Array)]);
    const permuted = [0, 1, 2, 3].flatMap((c) =>
      [0, 1].flatMap((a) => [0, 1, 2].map((b) => 12 * a + 4 * b + c)),
    );
    t.same(await data('permuted'), permuted);
    t.same(await data('middle'), [5, 6, 17, 18]);
    t.same(await data('every'), [1, 9, 17]);
    t.same(await data('repeated'), [20, 21, 22, 20, 21, 22]);
    t.same(await data('scalar'), [23]);
    t.same(await data('none'), []);
    t.same(await data('column'), [0, 12]);
    t.same(checkpoint.tensors.get('none')!.dims, [0, 5]);
  });

  t.test(`nested values: ${container}`, async (t) => {
    const weight = float32([2], [1, 2]);
    const value = new Map<unknown, unknown>([
      [
        'model',
        new OrderedDict([
          ['__proto__', weight],
          ['a.b', weight],
        ]),
      ],
      [
        'optimizer',
        new Map<string, unknown>([
          ['state', new Map([[0, new Map([['exp_avg', weight]])]])],
          ['groups', [new Map([['lr', 0.1]])]],
        ]),
      ],
      ['list', [weight, new Tuple([weight, 'text'])]],
      ['plain', [null, true, false, -1, 70_000, 2n ** 70n, -(2 ** 40), 0.5, 'ü', new Tuple([])]],
      ['args', new Call(new Name('argparse', 'Namespace'), [], new Map([['lr', 0.5]]))],
      ['size', new Call(new Name('torch', 'Size'), [new Tuple([2, 3])])],
    ]);
    await using checkpoint = await opened(t, save(value));
    t.same(
      [...checkpoint.tensors.keys()],
      ['model.__proto__', 'model.a.b', 'optimizer.state.0.exp_avg', 'list.0', 'list.1.0'],
    );
    t.same(await checkpoint.floats('model.__proto__'), Float32Array.of(1, 2));
    t.equal(Object.getPrototypeOf({}), Object.prototype);
    const values = checkpoint.values as Map<string, unknown>;
    t.same(values.get('plain'), [null, true, false, -1, 70_000, 2n ** 70n, -(2 ** 40), 0.5, 'ü', []]);
    t.same(values.get('size'), [2, 3]);
    const args = values.get('args') as PythonObject;
    t.ok(args instanceof PythonObject);
    t.same(args.state, new Map([['lr', 0.5]]));
  });
}

t.test('the settings that KDTalker stores beside its weights are no hindrance', async (t) => {
  const metadata = new Call(
    new Name('omegaconf.base', 'ContainerMetadata'),
    [],
    new Map<string, unknown>([
      ['ref_type', new Name('typing', 'Any')],
      ['object_type', new Name('config.structured', 'ProjectConfig')],
      [
        'element_type',
        new Call(new Name('operator', 'getitem'), [
          new Name('typing', 'List'),
          new Name('__builtin__', 'int'),
        ]),
      ],
    ]),
  );
  const seed = new Call(new Name('omegaconf.nodes', 'IntegerNode'), [], new Map([['_val', 42]]));
  const cfg = new Call(
    new Name('omegaconf.dictconfig', 'DictConfig'),
    [],
    new Map<string, unknown>([
      ['_metadata', metadata],
      ['_content', new Map([['seed', seed]])],
    ]),
  );
  const best = new Call(new Name('numpy.core.multiarray', 'scalar'), [
    new Call(
      new Name('numpy', 'dtype'),
      ['f8', false, true],
      new Tuple([3, '<', null, null, null, -1, -1, 0]),
    ),
    new Call(new Name('_codecs', 'encode'), ['\0\0\0\0\0\0ø?', 'latin1']),
  ]);
  const value = new Map<string, unknown>([
    ['model', new Map([['w', float32([1], [7])]])],
    ['cfg', cfg],
    ['best_val', best],
  ]);
  await using checkpoint = await opened(t, torchZip(value));
  t.same([...checkpoint.tensors.keys()], ['model.w']);
  t.equal((checkpoint.values as Map<string, unknown>).get('best_val'), 1.5);
});

t.test('a parameter is its tensor, and attributes of dicts are passed over', async (t) => {
  const parameter = new Call(new Name('torch._utils', '_rebuild_parameter'), [
    float32([2], [3, 4]),
    true,
    new OrderedDict(),
  ]);
  const state = new Call(
    new Name('collections', 'OrderedDict'),
    [[new Tuple(['w', parameter])]],
    new Map([['_metadata', new OrderedDict()]]),
  );
  await using checkpoint = await opened(t, torchLegacy(state));
  t.same(await checkpoint.floats('w'), Float32Array.of(3, 4));
});

t.test('zip64 archives and numpy arrays of every version and order', async (t) => {
  const data = Float64Array.of(1, 2, 3, 4, 5, 6);
  const entries = [
    { name: 'plain.npy', data: npy('<f8', [2, 3], data) },
    { name: 'fortran.npy', data: npy('<f8', [2, 3], data, { fortran: true, version: 2 }), deflate: true },
    { name: 'folder/three.npy', data: npy('<i2', [3], Int16Array.of(-1, 0, 1), { version: 3 }) },
    { name: 'scalar.npy', data: npy('|b1', [], Uint8Array.of(1)) },
    { name: 'big.npy', data: npy('>i4', [1], Uint8Array.of(0, 0, 1, 2)), deflate: true },
  ];
  for (const zip64 of [false, true]) {
    await using checkpoint = await opened(t, zip(entries, { zip64 }));
    t.equal(checkpoint.format, 'npz');
    t.same([...checkpoint.tensors.keys()], ['plain', 'fortran', 'folder/three', 'scalar', 'big']);
    t.same(await checkpoint.floats('plain'), Float32Array.of(1, 2, 3, 4, 5, 6));
    t.same(await checkpoint.read('fortran'), {
      dims: [2, 3],
      dtype: 'float64',
      data: Float64Array.of(1, 3, 5, 2, 4, 6),
    });
    t.same(await checkpoint.floats('folder/three'), Float32Array.of(-1, 0, 1));
    t.same(await checkpoint.floats('scalar'), Float32Array.of(1));
    t.same(await checkpoint.floats('big'), Float32Array.of(258));
  }
  await using single = await opened(t, entries[0]!.data);
  t.equal(single.format, 'npy');
  t.same(await single.floats('arr_0'), Float32Array.of(1, 2, 3, 4, 5, 6));
});

t.test('.safetensors are read one tensor at a time', async (t) => {
  const bytes = writeSafetensors(
    {
      a: { dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      h: { dims: [1], data: Uint16Array.of(0x3c00), dtype: 'F16' },
      i: { dims: [2], data: BigInt64Array.of(-1n, 5n) },
    },
    { licence: 'MIT' },
  );
  await using checkpoint = await opened(t, bytes);
  t.equal(checkpoint.format, 'safetensors');
  t.same(await checkpoint.read('a'), { dims: [2, 2], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4) });
  t.same(await checkpoint.floats('h'), Float32Array.of(1));
  t.same(await checkpoint.floats('i'), Float32Array.of(-1, 5));
  t.same(checkpoint.values, new Map([['licence', 'MIT']]));
});

t.test('storages that are not asked for are not read', async (t) => {
  // 4 GB of nothing, which no array could hold: the file is sparse.
  const count = 2 ** 30;
  const optimizer = new Tensor(new Storage('float32', new Float32Array(0), count), [4], [1], count - 4);
  const value = new Map([
    ['model', new Map([['w', float32([2], [1, 2])]])],
    ['optimizer', new Map([['m', optimizer]])],
  ]);
  const file = join(t.testdir(), 'large.pth');
  const bytes = torchLegacy(value);
  writeFileSync(file, bytes);
  truncateSync(file, bytes.length + count * 4);
  await using checkpoint = await openCheckpoint(file);
  t.same(await checkpoint.floats('model.w'), Float32Array.of(1, 2));
  t.same(await checkpoint.floats('optimizer.m'), new Float32Array(4));
});

t.test('errors of use', async (t) => {
  await t.rejects(openCheckpoint(join(t.testdir(), 'none.pth')), { code: 'FILE_NOT_FOUND' });
  await t.rejects(openCheckpoint(t.testdir()), { code: 'FILE_NOT_FOUND' });
  const checkpoint = await opened(t, torchZip(new Map([['w', float32([1], [1])]])));
  await t.rejects(checkpoint.read('x'), { code: 'INVALID_ARGUMENT', message: /"x"/ });
  await checkpoint.close();
  await checkpoint.close();
  await t.rejects(checkpoint.read('w'), { code: 'CLOSED' });
});

t.test('a network is found under its prefix, with the rest of the file left alone', async (t) => {
  const network = [
    ['conv.weight', float32([2, 2], [1, 2, 3, 4])],
    ['conv.bias', float32([2], [5, 6])],
  ] as const;
  const prefixed = (prefix: string) =>
    new Map<string, unknown>(network.map(([name, tensor]) => [prefix + name, tensor]));
  const wanted = { 'conv.weight': [2, 2], 'conv.bias': [2] };
  const files = {
    '': prefixed(''),
    'module.': prefixed('module.'),
    'model.': new Map([['model', prefixed('')]]),
    'state_dict.module.': new Map<string, unknown>([
      ['state_dict', prefixed('module.')],
      ['optimizer', prefixed('')],
    ]),
  };
  for (const [prefix, value] of Object.entries(files)) {
    await using checkpoint = await opened(t, torchZip(value));
    const state = selectState(checkpoint, { network: 'encoder', wanted });
    t.equal(state.prefix, prefix);
    t.same(await state.floats('conv.bias'), Float32Array.of(5, 6), prefix);
    t.same([...state.names], ['conv.weight', 'conv.bias']);
  }
});

t.test('a network that differs is described', async (t) => {
  const value = new Map<string, unknown>([
    ['conv.weight', float32([4], [1, 2, 3, 4])],
    ['other', float32([1], [1])],
    ['conv.rest', float32([1], [1])],
  ]);
  await using checkpoint = await opened(t, torchZip(value));
  const wanted: Record<string, number[]> = { 'conv.weight': [2, 2], freqs: [3] };
  for (let i = 0; i < 12; i++) wanted[`gone.${i}`] = [i];
  const query = {
    network: 'encoder',
    wanted,
    optional: (name: string) => name === 'freqs',
    ignored: (name: string) => name === 'other',
  };
  t.throws(() => selectState(checkpoint, query), { code: 'CHECKPOINT_INVALID' });
  try {
    selectState(checkpoint, query);
  } catch (error) {
    const [head, ...lines] = (error as Error).message.split('\n');
    t.match(head, /Expected the 14 tensors of encoder in /);
    t.match(lines[0], /^ {2}12 missing: gone\.0 \[0\]; .*gone\.3 \[3\] and 8 more$/);
    t.equal(lines[1], '  1 of another shape: conv.weight [4], expected [2,2]');
    t.equal(lines[2], '  1 not expected: conv.rest');
  }
});
