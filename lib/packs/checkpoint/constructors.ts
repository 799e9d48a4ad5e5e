import { damaged, quoted } from './damaged.js';
import { type ElementType, isElementType } from './element-types.js';
import { scalarOf } from './numpy-scalar.js';
import { PythonName, PythonObject, type PythonValue, StorageReference } from './python-values.js';
import { TensorView } from './tensor-view.js';

/**
 * Every global that a pickle may name. These functions only arrange values: a name outside of these tables stops the reading
 * with an error that contains the name. They pass values on without a copy, since a few bytes of a pickle can ask for
 * the same large value again and again; the machine charges for the copies that must be made.
 */

type Construct = (args: PythonValue[]) => PythonValue;

const STORAGES: Record<string, ElementType> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

/** PyTorch's other names of element types. */
const DTYPE_ALIASES: Record<string, ElementType> = {
  double: 'float64',
  float: 'float32',
  half: 'float16',
  long: 'int64',
  int: 'int32',
  short: 'int16',
};

const CONSTRUCTORS: Record<string, Construct> = {
  'torch._utils._rebuild_tensor': ([storage, offset, dims, strides]) =>
    tensorOf(storage, offset, dims, strides),
  'torch._utils._rebuild_tensor_v2': ([storage, offset, dims, strides]) =>
    tensorOf(storage, offset, dims, strides),
  'torch._utils._rebuild_tensor_v3': ([storage, offset, dims, strides, , , dtype]) =>
    tensorOf(storage, offset, dims, strides, dtypeOf(dtype)),
  'torch._utils._rebuild_parameter': ([data]) => data ?? null,
  'torch._utils._rebuild_parameter_with_state': ([data]) => data ?? null,
  'torch._tensor._rebuild_from_type_v2': ([rebuild, , args]) => rebuildFromType(rebuild, args),
  'torch.Size': ([dims]) => listOf(dims),
  'torch.device': ([type]) => type ?? null,
  'torch.serialization._get_layout': ([name]) => name ?? null,
  'collections.OrderedDict': ([pairs]) => mapOf(pairs),
  'collections.defaultdict': ([, pairs]) => mapOf(pairs),
  'collections.Counter': ([pairs]) => mapOf(pairs),
  'collections.deque': ([items]) => listOf(items),
  'builtins.dict': ([pairs]) => mapOf(pairs),
  'builtins.list': ([items]) => listOf(items),
  'builtins.tuple': ([items]) => listOf(items),
  'builtins.set': ([items]) => listOf(items),
  'builtins.frozenset': ([items]) => listOf(items),
  'builtins.bytearray': ([bytes]) => bytesOf(bytes),
  'builtins.bytes': ([bytes]) => bytesOf(bytes),
  'builtins.complex': (parts) => parts,
  'builtins.slice': (parts) => parts,
  'pathlib.PosixPath': (parts) => parts,
  'pathlib.PurePosixPath': (parts) => parts,
  '_codecs.encode': ([text]) => encodeLatin1(text),
  'copyreg._reconstructor': ([type]) => instanceOf(type, []),
  'numpy.dtype': (args) => new PythonObject('numpy.dtype', args),
  'numpy.core.multiarray.scalar': ([dtype, bytes]) => scalarOf(dtype, bytes),
  // The pickled form of types such as typing.List[int], in the settings that some training programs store.
  'operator.getitem': ([type]) => typingName(type),
};

/** Classes of settings and states; only the attributes of their instances are kept. */
const RECORDS = new Set([
  'argparse.Namespace',
  'types.SimpleNamespace',
  'omegaconf.dictconfig.DictConfig',
  'omegaconf.listconfig.ListConfig',
  'omegaconf.base.Metadata',
  'omegaconf.base.ContainerMetadata',
  'omegaconf.base.UnionNode',
  ...['Any', 'String', 'Path', 'Integer', 'Bytes', 'Float', 'Boolean', 'Enum', 'InterpolationResult'].map(
    (kind) => `omegaconf.nodes.${kind}Node`,
  ),
]);

/** Types that pickles name, as in annotations, but never instantiate. KDTalker's own settings are among them. */
const TYPES = new Set([
  ...['bool', 'int', 'float', 'str', 'object', 'NoneType'].map((name) => `builtins.${name}`),
  ...['Any', 'Dict', 'List', 'Tuple', 'Union', 'Optional', 'Sequence', 'Mapping'].map(
    (name) => `typing.${name}`,
  ),
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
  'numpy.ndarray',
  'pathlib.Path',
  ...(
    'CustomHydraRunDir RunConfig LoggingConfig DatasetConfig PointCloudDatasetConfig LandmarkConfig AugmentationConfig ' +
    'DataloaderConfig LossConfig CheckpointConfig ExponentialMovingAverageConfig OptimizerConfig AdadeltaOptimizerConfig ' +
    'AdamOptimizerConfig SchedulerConfig LinearSchedulerConfig CosineSchedulerConfig ProjectConfig'
  )
    .split(' ')
    .map((name) => `config.structured.${name}`),
]);

/** Other names of modules, in older or newer versions. */
const MODULE_ALIASES: Record<string, string> = {
  __builtin__: 'builtins',
  copy_reg: 'copyreg',
  'torch.cuda': 'torch',
  'torch.storage': 'torch',
  'numpy._core.multiarray': 'numpy.core.multiarray',
};

/** Looks a global up; throws CHECKPOINT_INVALID with its name when it is not in the tables. */
export function nameOf(module: string, attribute: string): PythonName {
  const home = Object.hasOwn(MODULE_ALIASES, module) ? MODULE_ALIASES[module]! : module;
  const name = `${home}.${attribute}`;
  const known =
    Object.hasOwn(CONSTRUCTORS, name) || RECORDS.has(name) || TYPES.has(name) || isTorchName(home, attribute);
  if (!known) throw refused(`${module}.${attribute}`);
  return new PythonName(name);
}

/** Applies a callable to its arguments (REDUCE, INST, OBJ). */
export function construct(callable: PythonValue | undefined, args: PythonValue | undefined): PythonValue {
  if (!(callable instanceof PythonName) || !Array.isArray(args))
    throw damaged(
      'Expected a listed constructor and a tuple of arguments in the pickle but received other values',
    );
  return instanceOf(callable, args);
}

/** Makes an instance of a listed class, or what a listed function returns. */
export function instanceOf(type: PythonValue | undefined, args: PythonValue[]): PythonValue {
  if (!(type instanceof PythonName)) throw damaged('Expected a listed class but received another value');
  if (RECORDS.has(type.name)) return new PythonObject(type.name, args);
  if (!Object.hasOwn(CONSTRUCTORS, type.name)) throw refused(type.name);
  return CONSTRUCTORS[type.name]!(args);
}

/** Sets the state of an object (BUILD). Ignores attributes of dicts and tensors, which no reader needs. */
export function build(target: PythonValue | undefined, state: PythonValue): void {
  if (target instanceof PythonObject) target.state = state;
}

/**
 * A storage by its persistent id: ('storage', type, key, device, elements), in old files with a sixth item that is
 * None or (key of the part, offset, elements).
 */
export function storageOf(id: PythonValue | undefined): StorageReference {
  if (!Array.isArray(id) || id[0] !== 'storage' || id.length < 5 || id.length > 6)
    throw damaged('Expected the description of a storage in the pickle but received another value');
  const [, type, key, , elements, part] = id;
  if (typeof key !== 'string' && typeof key !== 'number')
    throw damaged('Expected a key for a storage but received another value');
  const name = String(key);
  const dtype = storageType(type);
  const count = countOf(elements);
  if (part === undefined || part === null) return new StorageReference(name, dtype, count);
  if (!Array.isArray(part))
    throw damaged(`Expected a part of storage ${quoted(name)} but received another value`);
  return new StorageReference(name, dtype, count, countOf(part[1]), countOf(part[2]));
}

function refused(name: string): Error {
  return damaged(
    `Expected only tensors and plain values but received the Python object ${quoted(name)}, which is not read: ` +
      'save the state dict alone, or use another file',
  );
}

function isTorchName(module: string, attribute: string): boolean {
  if (module !== 'torch') return false;
  return (
    Object.hasOwn(STORAGES, attribute) ||
    attribute === 'UntypedStorage' ||
    isElementType(attribute) ||
    Object.hasOwn(DTYPE_ALIASES, attribute)
  );
}

function storageType(type: PythonValue | undefined): ElementType | undefined {
  const name = type instanceof PythonName ? type.name.replace(/^torch\./, '') : '';
  if (name === 'UntypedStorage') return undefined;
  if (!Object.hasOwn(STORAGES, name))
    throw damaged('Expected the type of a storage but received another value');
  return STORAGES[name]!;
}

function dtypeOf(value: PythonValue | undefined): ElementType {
  const name = value instanceof PythonName ? value.name.replace(/^torch\./, '') : '';
  if (isElementType(name)) return name;
  if (Object.hasOwn(DTYPE_ALIASES, name)) return DTYPE_ALIASES[name]!;
  throw damaged('Expected the element type of a tensor but received another value');
}

function tensorOf(
  storage: PythonValue | undefined,
  offset: PythonValue | undefined,
  dims: PythonValue | undefined,
  strides: PythonValue | undefined,
  dtype?: ElementType,
): TensorView {
  if (!(storage instanceof StorageReference))
    throw damaged('Expected a storage for a tensor but received another value');
  const type = dtype ?? storage.dtype ?? 'uint8';
  // The view checks that these are counts.
  return new TensorView(
    storage,
    type,
    listOf(dims) as number[],
    listOf(strides) as number[],
    countOf(offset),
  );
}

/** A subclass of Tensor, or a tensor with attributes: returns the tensor inside. */
function rebuildFromType(rebuild: PythonValue | undefined, args: PythonValue | undefined): PythonValue {
  const plain = rebuild instanceof PythonName && rebuild.name.startsWith('torch._utils._rebuild_');
  if (!plain) throw damaged('Expected a listed constructor for a tensor but received another value');
  return construct(rebuild, args);
}

function listOf(value: PythonValue | undefined): PythonValue[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw damaged('Expected a tuple or a list in the pickle but received another value');
}

function mapOf(value: PythonValue | undefined): Map<PythonValue, PythonValue> {
  if (value === undefined) return new Map();
  if (value instanceof Map) return value;
  return new Map(listOf(value).map((pair) => [listOf(pair)[0] ?? null, listOf(pair)[1] ?? null]));
}

function bytesOf(value: PythonValue | undefined): Uint8Array {
  if (value === undefined) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return encodeLatin1(value);
  throw damaged('Expected bytes in the pickle but received another value');
}

/** Protocols before 3 write bytes as text with one character for each byte. */
function encodeLatin1(text: PythonValue | undefined): Uint8Array {
  if (typeof text !== 'string') throw damaged('Expected text for bytes but received another value');
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function typingName(type: PythonValue | undefined): PythonName {
  if (type instanceof PythonName && type.name.startsWith('typing.')) return type;
  throw refused('operator.getitem');
}

function countOf(value: PythonValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw damaged('Expected a count in the pickle but received another value');
}
