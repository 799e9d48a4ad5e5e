import { build, construct, instanceOf, nameOf, storageOf } from './constructors.js';
import { damaged, LIMITS } from './damaged.js';
import { integerOf, PickleBytes } from './pickle-bytes.js';
import type { PythonValue, StorageReference } from './python-values.js';
import { TensorView } from './tensor-view.js';

/** The result of reading a pickle. */
export interface Unpickled {
  value: PythonValue;
  /** Length of the pickle in bytes. */
  length: number;
  /** Every storage that the pickle names, in order. */
  storages: StorageReference[];
}

/**
 * Reads a Python pickle of protocol 0 to 5 as data. Runs no Python: the few known constructors arrange values,
 * any other name stops the reading with an error. {@link LIMITS} bounds time and memory.
 *
 * @throws KdtalkerError CHECKPOINT_INVALID; its subclass PickleCut when `bytes` end too early
 */
export function unpickle(bytes: Uint8Array): Unpickled {
  const machine = new Machine(new PickleBytes(bytes));
  const value = machine.run();
  return { value, length: machine.input.position, storages: machine.storages };
}

/** The stack machine that runs a pickle's opcodes. */
class Machine {
  readonly storages: StorageReference[] = [];
  private stack: PythonValue[] = [];
  /** The stacks saved at each MARK. */
  private readonly marks: PythonValue[][] = [];
  private readonly memo = new Map<number, PythonValue>();
  private objects = 0;

  constructor(readonly input: PickleBytes) {}

  run(): PythonValue {
    for (let count = 0; count < LIMITS.opcodes; count++) {
      const opcode = this.input.u8();
      if (opcode === STOP) return this.pop();
      const step = OPCODES.get(opcode);
      if (!step)
        throw damaged(
          `Expected an opcode of a pickle at byte ${this.input.position - 1} but received ${opcode}: the file is damaged`,
        );
      step(this, this.input);
    }
    throw damaged(`Expected at most ${LIMITS.opcodes} opcodes for a pickle but received more`);
  }

  push(value: PythonValue): void {
    this.stack.push(value);
  }

  /** Pushes something that takes memory of its own. */
  pushNew(value: PythonValue): void {
    this.charge(1 + extraCost(value));
    this.stack.push(value);
  }

  private charge(objects: number): void {
    this.objects += objects;
    if (this.objects > LIMITS.objects)
      throw damaged(`Expected at most ${LIMITS.objects} objects in a pickle but received more`);
  }

  /** Charges for the arguments: a constructor may walk a long list at every call. */
  private chargeArguments(args: PythonValue): void {
    if (!Array.isArray(args)) return;
    this.charge(args.length >>> 3);
    for (const arg of args) if (Array.isArray(arg)) this.charge(arg.length >>> 3);
  }

  pop(): PythonValue {
    const value = this.stack.pop();
    if (value === undefined) throw damaged('Expected a value on the stack of the pickle but it is empty');
    return value;
  }

  top(): PythonValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw damaged('Expected a value on the stack of the pickle but it is empty');
    return value;
  }

  mark(): void {
    if (this.marks.length >= LIMITS.objects) throw damaged('Expected fewer marks in the pickle');
    this.marks.push(this.stack);
    this.stack = [];
  }

  /** Pops all values since the last MARK. */
  popMark(): PythonValue[] {
    const items = this.stack;
    const below = this.marks.pop();
    if (!below) throw damaged('Expected a mark in the pickle but there is none');
    this.stack = below;
    return items;
  }

  /** POP also removes a MARK. */
  discard(): void {
    if (this.stack.length > 0) this.stack.pop();
    else this.popMark();
  }

  last(count: number): PythonValue[] {
    if (this.stack.length < count) throw damaged(`Expected ${count} values on the stack of the pickle`);
    return this.stack.splice(this.stack.length - count);
  }

  memoize(index: number): void {
    this.memo.set(index, this.top());
  }

  memoizeNext(): void {
    this.memoize(this.memo.size);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined)
      throw damaged(`Expected a value number ${index} in the pickle but there is none`);
    this.stack.push(value);
  }

  append(items: PythonValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw damaged('Expected a list to append to in the pickle');
    for (const item of items) list.push(item);
  }

  setItems(items: PythonValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) throw damaged('Expected a dict to set items of in the pickle');
    fill(dict, items);
  }

  call(callable: PythonValue | undefined, args: PythonValue): void {
    this.chargeArguments(args);
    this.pushNew(construct(callable, args));
  }

  reduce(): void {
    const args = this.pop();
    this.call(this.pop(), args);
  }

  newObject(): void {
    const args = this.pop();
    if (!Array.isArray(args)) throw damaged('Expected a tuple of arguments in the pickle');
    this.chargeArguments(args);
    this.pushNew(instanceOf(this.pop(), args));
  }

  newObjectWithKeywords(): void {
    const keywords = this.pop();
    if (!(keywords instanceof Map) || keywords.size > 0)
      throw damaged('Expected no keyword arguments in the pickle');
    this.newObject();
  }

  persistent(): void {
    const storage = storageOf(this.pop());
    this.storages.push(storage);
    this.pushNew(storage);
  }

  buildTop(): void {
    const state = this.pop();
    build(this.top(), state);
  }

  namedOnStack(): void {
    const attribute = this.pop();
    const module = this.pop();
    if (typeof module !== 'string' || typeof attribute !== 'string')
      throw damaged('Expected the name of a Python object in the pickle but received another value');
    this.pushNew(nameOf(module, attribute));
  }

  /** OBJ: class and arguments are on the stack above the mark. */
  object(): void {
    const [type, ...args] = this.popMark();
    this.call(type, args);
  }
}

/** Cost of a value beyond one object of about 50 bytes. */
function extraCost(value: PythonValue): number {
  if (value instanceof TensorView) return 4;
  return value instanceof Uint8Array ? value.length >>> 5 : 0;
}

function fill(dict: Map<PythonValue, PythonValue>, items: PythonValue[]): Map<PythonValue, PythonValue> {
  if (items.length % 2) throw damaged('Expected pairs for a dict in the pickle but received an odd count');
  for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
  return dict;
}

/** STRING is quoted and may contain escapes; the few files of protocol 0 contain no quotes or escapes inside. */
function unquoted(line: string): string {
  const text = /^(?:'([^'\\]*)'|"([^"\\]*)")$/.exec(line);
  if (!text) throw damaged('Expected a plain quoted string in the pickle but received another text');
  return text[1] ?? text[2] ?? '';
}

/** The opcode I also encodes booleans. */
function booleanOrInteger(line: string): PythonValue {
  if (line === '00' || line === '01') return line === '01';
  return integerOf(line);
}

function floatOf(line: string): number {
  const value = line.trim() === '' ? Number.NaN : Number(line);
  if (Number.isNaN(value) && line !== 'nan')
    throw damaged('Expected a number in the pickle but received other text');
  return value;
}

function memoIndex(line: string): number {
  if (!/^\d{1,9}$/.test(line))
    throw damaged('Expected a number of a value in the pickle but received other text');
  return Number(line);
}

type Step = (machine: Machine, input: PickleBytes) => void;

const STOP = '.'.charCodeAt(0);

/** The opcodes by their byte; names are those of Python's pickletools. */
const OPCODES = new Map<number, Step>([
  [0x80, (_m, input) => void checkProtocol(input.u8())], // PROTO
  [0x95, (_m, input) => void input.u64()], // FRAME, which only helps streams
  [code('('), (m) => m.mark()],
  [code('0'), (m) => m.discard()],
  [code('1'), (m) => void m.popMark()],
  [code('2'), (m) => m.push(m.top())],
  [code('N'), (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [code('K'), (m, input) => m.push(input.u8())],
  [code('M'), (m, input) => m.push(input.u16())],
  [code('J'), (m, input) => m.push(input.i32())],
  [code('I'), (m, input) => m.push(booleanOrInteger(input.line()))],
  [code('L'), (m, input) => m.push(integerOf(input.line()))],
  [0x8a, (m, input) => m.push(input.integer(input.u8()))], // LONG1
  [0x8b, (m, input) => m.push(input.integer(input.u32()))], // LONG4
  [code('G'), (m, input) => m.push(input.f64())],
  [code('F'), (m, input) => m.push(floatOf(input.line()))],
  [code('X'), (m, input) => m.pushNew(input.text(input.u32()))],
  [0x8c, (m, input) => m.pushNew(input.text(input.u8()))], // SHORT_BINUNICODE
  [0x8d, (m, input) => m.pushNew(input.text(input.u64()))], // BINUNICODE8
  [code('V'), (m, input) => m.pushNew(input.line())],
  [code('S'), (m, input) => m.pushNew(unquoted(input.line()))],
  [code('T'), (m, input) => m.pushNew(input.latin1(input.u32()))],
  [code('U'), (m, input) => m.pushNew(input.latin1(input.u8()))],
  [code('B'), (m, input) => m.pushNew(input.take(input.u32()).slice())],
  [code('C'), (m, input) => m.pushNew(input.take(input.u8()).slice())],
  [0x8e, (m, input) => m.pushNew(input.take(input.u64()).slice())], // BINBYTES8
  [0x96, (m, input) => m.pushNew(input.take(input.u64()).slice())], // BYTEARRAY8
  [code('}'), (m) => m.pushNew(new Map())],
  [code(']'), (m) => m.pushNew([])],
  [code(')'), (m) => m.pushNew([])],
  [0x8f, (m) => m.pushNew([])], // EMPTY_SET
  [0x85, (m) => m.pushNew(m.last(1))],
  [0x86, (m) => m.pushNew(m.last(2))],
  [0x87, (m) => m.pushNew(m.last(3))],
  [code('t'), (m) => m.pushNew(m.popMark())],
  [code('l'), (m) => m.pushNew(m.popMark())],
  [0x91, (m) => m.pushNew(m.popMark())], // FROZENSET
  [code('d'), (m) => m.pushNew(fill(new Map(), m.popMark()))],
  [code('a'), (m) => m.append([m.pop()])],
  [code('e'), (m) => m.append(m.popMark())],
  [0x90, (m) => m.append(m.popMark())], // ADDITEMS
  [code('s'), (m) => m.setItems(m.last(2))],
  [code('u'), (m) => m.setItems(m.popMark())],
  [code('p'), (m, input) => m.memoize(memoIndex(input.line()))],
  [code('q'), (m, input) => m.memoize(input.u8())],
  [code('r'), (m, input) => m.memoize(input.u32())],
  [0x94, (m) => m.memoizeNext()],
  [code('g'), (m, input) => m.recall(memoIndex(input.line()))],
  [code('h'), (m, input) => m.recall(input.u8())],
  [code('j'), (m, input) => m.recall(input.u32())],
  [code('c'), (m, input) => m.pushNew(nameOf(input.line(), input.line()))],
  [0x93, (m) => m.namedOnStack()], // STACK_GLOBAL
  [code('R'), (m) => m.reduce()],
  [code('i'), (m, input) => m.call(nameOf(input.line(), input.line()), m.popMark())],
  [code('o'), (m) => m.object()],
  [0x81, (m) => m.newObject()],
  [0x92, (m) => m.newObjectWithKeywords()],
  [code('b'), (m) => m.buildTop()],
  [code('Q'), (m) => m.persistent()],
]);

function code(character: string): number {
  return character.charCodeAt(0);
}

function checkProtocol(protocol: number): void {
  if (protocol > 5) throw damaged(`Expected a pickle of protocol 0 to 5 but received ${protocol}`);
}
