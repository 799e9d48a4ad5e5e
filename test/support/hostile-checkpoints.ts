import { deflateRawSync } from 'node:zlib';
import {
  Call,
  float32,
  Name,
  npy,
  Pickler,
  Storage,
  Tensor,
  Tuple,
  torchLegacy,
  torchZip,
  zip,
} from './checkpoint-writer.js';

/** Python that would do harm, by what an error must name. */
const CALLS: [string, string, unknown[]][] = [
  ['os', 'system', ['touch harmed']],
  ['posix', 'system', ['touch harmed']],
  ['nt', 'system', ['cmd']],
  ['subprocess', 'Popen', [['touch', 'harmed']]],
  ['builtins', 'eval', ['1']],
  ['__builtin__', 'exec', ['1']],
  ['builtins', 'getattr', ['', 'format']],
  ['builtins', '__import__', ['os']],
  ['builtins', 'open', ['harmed', 'w']],
  ['builtins', 'type', ['A', new Tuple([]), new Map()]],
  ['runpy', '_run_code', ['1', new Map()]],
  ['pickle', 'loads', ['']],
  ['torch', 'load', ['other.pth']],
  ['torch.storage', '_load_from_bytes', ['']],
  ['torch._utils', '__class__', []],
  ['torch.hub', 'load', ['x']],
  ['numpy', 'load', ['other.npy']],
  ['numpy', 'fromfile', ['other']],
  ['webbrowser', 'open', ['http://localhost']],
  ['operator', 'attrgetter', ['system']],
  ['functools', 'partial', [1]],
  ['importlib', 'import_module', ['os']],
  ['collections', '__init__', []],
  ['constructor', 'constructor', []],
  ['__proto__', 'x', []],
  ['torch', '__proto__', []],
  ['torch', 'constructor', []],
  ['torch', 'Float8_e4m3fnStorage', []],
];

/** Named files of which each must be refused. */
export function hostileFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [module, name, args] of CALLS) {
    const value = new Map([['w', new Call(new Name(module, name), args)]]);
    files.set(`zip ${module}.${name}`, torchZip(value));
    files.set(`legacy ${module}.${name}`, torchLegacy(value));
    files.set(`named ${module}.${name}`, torchZip([new Name(module, name)]));
  }
  for (const [name, pickle] of Object.entries(hostilePickles())) {
    files.set(`pickle ${name}`, zip([{ name: 'a/data.pkl', data: pickle, deflate: true }]));
    files.set(`legacy pickle ${name}`, Buffer.concat([legacyHead(), pickle]));
  }
  for (const [name, bytes] of Object.entries({ ...hostileTensors(), ...hostileZips(), ...hostileArrays() }))
    files.set(name, bytes);
  return files;
}

function legacyHead(): Buffer {
  return Buffer.concat([0x1950a86a20f9469cfc6cn, 1001, null].map((value) => new Pickler().dump(value)));
}

/** Programs for the stack machine that ask for too much or make no sense. */
function hostilePickles(): Record<string, Buffer> {
  const text = (program: string) => Buffer.from(program, 'latin1');
  const many = (piece: string, count: number) => text(`\x80\x02${piece.repeat(count)}.`);
  return {
    empty: text(''),
    'no stop': text('\x80\x02N'),
    'protocol 9': text('\x80\x09N.'),
    'protocol 0 call': text("cos\nsystem\n(S'touch harmed'\ntR."),
    inst: text("(S'touch harmed'\nios\nsystem\n."),
    obj: text("(cos\nsystem\nS'touch harmed'\no."),
    'stack global': text('\x80\x04\x8c\x02os\x8c\x06system\x93(\x8c\x01xtR.'),
    'new object': text('\x80\x02cos\nsystem\n)\x81.'),
    build: text('\x80\x02cos\nsystem\n}b.'),
    'getitem chain': text('\x80\x02coperator\ngetitem\n}X\x01\0\0\0a\x86R.'),
    'call of data': text('\x80\x02}(tR.'),
    'nested rebuild': text('\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(h\x00NNtR.'),
    'rebuild by name': text(
      '\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._tensor\n_rebuild_from_type_v2\nN)NtR.',
    ),
    'huge string': text('\x80\x02X\xff\xff\xff\xff.'),
    'huge string, 8 bytes': text('\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.'),
    'huge bytes': text('\x80\x05\x96\0\0\0\0\0\0\0\x7f.'),
    'huge integer': many('\x8b\xff\xff\xff\x7f', 1),
    'long integer': Buffer.concat([text('\x80\x02\x8b\0\0\x10\0'), Buffer.alloc(2 ** 20, 1), text('.')]),
    'long digits': text(`L${'9'.repeat(100_000)}L\n.`),
    'many dicts': many('}', 2_000_000),
    'many nothings': many('N0', 2_000_000),
    'many marks': many('(', 2_000_000),
    'deep lists': text(`\x80\x02${']'.repeat(100_000)}${'a'.repeat(99_999)}.`),
    'list in itself': text('\x80\x02]q\x00h\x00a.'),
    'dict in itself': text('\x80\x02}q\x00X\x01\0\0\0ah\x00s.'),
    'billion laughs': text(`\x80\x02]${Array.from({ length: 50 }, () => '2\x86').join('')}.`),
    'copied bytes': text(
      `\x80\x02X\x00\x00\x10\x00${'a'.repeat(2 ** 20)}q\x000c_codecs\nencode\nq\x01${'h\x01h\x00\x85R'.repeat(100_000)}.`,
    ),
    'copied pairs': text(
      `\x80\x02](${'NN\x86'.repeat(100_000)}eq\x000ccollections\nOrderedDict\nq\x01${'h\x01h\x00\x85R'.repeat(100_000)}.`,
    ),
    'empty stack': text('\x80\x020.'),
    'no memo': text('\x80\x02h\x07.'),
    'odd pairs': text('\x80\x02}(Nu.'),
    'append to text': text('\x80\x02X\0\0\0\0Na.'),
    'persistent text': text('\x80\x02X\0\0\0\0Q.'),
    'extension code': text('\x80\x02\x82\x01.'),
    'next buffer': text('\x80\x05\x97.'),
    'hostile keys': text('\x80\x02(X\x09\0\0\0__proto__NX\x07\0\0\0storageNNtQ.'),
  };
}

/** Tensors that reach where they should not. */
function hostileTensors(): Record<string, Uint8Array> {
  const storage = new Storage('float32', new Float32Array(8));
  const lying = new Storage('float32', new Float32Array(8), 2 ** 40);
  const short = new Storage('float32', new Float32Array(8), 7);
  const tensors = {
    'too many elements': new Tensor(storage, [9]),
    'offset beyond': new Tensor(storage, [8], [1], 1),
    'stride beyond': new Tensor(storage, [2, 2], [7, 2]),
    'negative offset': new Tensor(storage, [2], [1], -1),
    'negative stride': new Tensor(storage, [2], [-1], 4),
    'negative dim': new Tensor(storage, [-2]),
    'fractional dim': new Tensor(storage, [1.5], [1]),
    'huge dims': new Tensor(storage, [2 ** 31, 2 ** 31, 2 ** 31], [0, 0, 0]),
    'huge repeat': new Tensor(storage, [2 ** 14, 2 ** 14], [0, 0]),
    'huge stride': new Tensor(storage, [2], [2 ** 52]),
    'strides of another rank': new Tensor(storage, [2, 2], [1]),
    'many axes': new Tensor(storage, new Array<number>(40).fill(1), new Array<number>(40).fill(1)),
    'lying count': new Tensor(lying, [8]),
    'short count': new Tensor(short, [7]),
  };
  const files: Record<string, Uint8Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    files[`zip tensor: ${name}`] = torchZip(new Map([['w', tensor]]));
    // In the legacy container a shorter count only leaves bytes over.
    if (tensor.storage !== short) files[`legacy tensor: ${name}`] = torchLegacy(new Map([['w', tensor]]));
  }
  const twice = new Map<unknown, unknown>([
    ['a.b', new Tensor(storage, [1])],
    ['a', new Map([['b', new Tensor(storage, [1])]])],
  ]);
  files['one name twice'] = torchZip(twice);
  files['long names'] = torchZip(new Map([['n'.repeat(5000), new Tensor(storage, [1])]]));
  return files;
}

/** Archives that lie about their entries. */
function hostileZips(): Record<string, Uint8Array> {
  const pickle = new Pickler().dump(null);
  const bomb = Buffer.alloc(2 ** 24);
  const entry = { name: 'a/data.pkl', data: pickle };
  const tensor = (data: object) =>
    zip([
      { name: 'a/data.pkl', data: new Pickler().dump(new Map([['w', float32([4], [1, 2, 3, 4])]])) },
      { name: 'a/data/0', data: new Uint8Array(16), ...data },
    ]);
  return {
    'zip: bomb that says so': zip([{ ...entry, data: bomb, deflate: true, claims: { size: 2 ** 32 - 2 } }]),
    'zip: bomb that denies it': zip([{ ...entry, data: bomb, deflate: true, claims: { size: 10 } }]),
    'zip: bomb in a storage': tensor({ data: bomb, deflate: true, claims: { size: 16 } }),
    'zip: stored with two sizes': zip([{ ...entry, claims: { size: 1 } }]),
    'zip: beyond the file': zip([{ ...entry, claims: { size: 2 ** 30, packedSize: 2 ** 30 } }]),
    'zip: wrong offset': zip([{ ...entry, claims: { offset: 5 } }]),
    'zip: offset beyond': zip([{ ...entry, claims: { offset: 2 ** 31 } }]),
    'zip: overlap': zip([entry, { name: 'a/b', data: pickle, claims: { offset: 0 } }]),
    'zip: wrong checksum': zip([{ ...entry, claims: { crc: 1 } }]),
    'zip: storage with a wrong checksum': tensor({ claims: { crc: 1 } }),
    'zip: not deflated': zip([
      { ...entry, data: deflateRawSync(pickle).subarray(1), deflate: true, claims: { size: 5 } },
    ]),
    'zip: twice': zip([entry, entry]),
    'zip: two pickles': zip([entry, { name: 'b/data.pkl', data: pickle }]),
    'zip: leaves its folder': zip([entry, { name: 'a/../../etc/passwd', data: pickle }]),
    'zip: absolute name': zip([entry, { name: '/etc/passwd', data: pickle }]),
    'zip: backslashes': zip([entry, { name: 'a\\b', data: pickle }]),
    'zip: other files': zip([{ name: 'a.txt', data: pickle }]),
    'zip: TorchScript': zip([entry, { name: 'a/constants.pkl', data: pickle }]),
    'zip: byte order': zip([entry, { name: 'a/byteorder', data: Buffer.from('middle') }]),
    'zip: no end': zip([entry]).subarray(0, -1),
    'zip: storage missing': zip([{ name: 'a/data.pkl', data: new Pickler().dump([float32([1], [1])]) }]),
    'zip: huge zip64': zip([{ ...entry, claims: { size: 2 ** 52, packedSize: 2 ** 52 } }], { zip64: true }),
  };
}

/** Numpy and safetensors files that lie; files that are none. */
function hostileArrays(): Record<string, Uint8Array> {
  const data = new Float32Array(4);
  const tensors = (header: string) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, Buffer.from(header), Buffer.alloc(16)]);
  };
  return {
    'npy: objects': npy('|O', [4], data),
    'npy: text': npy('<U4', [1], data),
    'npy: too short': npy('<f4', [5], data),
    'npy: huge': npy('<f4', [2 ** 40, 2 ** 40], data),
    'npy: other version': npy('<f4', [4], data, { version: 9 }),
    'npy: odd dims': npy('<f4', [Number.NaN], data),
    'npy: prototype': npy('<constructor', [4], data),
    'npz: objects': zip([{ name: 'a.npy', data: npy('|O', [4], data), deflate: true }]),
    'npz: too short': zip([{ name: 'a.npy', data: npy('<f4', [5], data) }]),
    'npz: no header': zip([{ name: 'a.npy', data: Buffer.alloc(3) }]),
    'safetensors: gap': tensors('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'),
    'safetensors: beyond': tensors('{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'),
    'safetensors: prototype': tensors('{"a":{"dtype":"constructor","shape":[4],"data_offsets":[0,16]}}'),
    'safetensors: no JSON': tensors('{"a'),
    'safetensors: long header': Buffer.concat([Buffer.from('ffffffffffffff7f', 'hex'), Buffer.from('{}')]),
    'none: empty': Buffer.alloc(0),
    'none: one byte': Buffer.from('P'),
    'none: zip magic alone': Buffer.from('PK\x03\x04'),
    'none: text': Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'),
    'none: pickle alone': new Pickler().dump(new Map([['a', 1]])),
  };
}
