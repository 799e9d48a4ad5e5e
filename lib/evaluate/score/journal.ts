import { open, readFile } from 'node:fs/promises';
import { KdtalkerError, quote } from '../../errors.js';
import { outputError } from '../../files/output-error.js';
import { writeFully } from '../../files/whole-io.js';
import { METRIC_NAMES, type Measurements, type MetricName } from '../metrics.js';

/** One video of one method, measured. */
export interface Unit {
  readonly clip: string;
  readonly method: string;
  /** SHA-256 of the file; null if there is none. */
  readonly sha256: string | null;
  /** Frames that counted. */
  readonly frames: number;
  /** What was cut or left out; empty for nothing. */
  readonly notes: readonly string[];
  readonly measurements: Measurements;
}

/** Lines of a unit: one of its own, then one for each metric. */
const UNIT_LINES = 1 + METRIC_NAMES.length;

/** The lines of a unit in results.jsonl. */
function linesOf({ clip, method, measurements, ...rest }: Unit): string {
  const values = METRIC_NAMES.map((metric) => {
    const result = measurements[metric] ?? { why: 'not measured' };
    const value = 'value' in result ? { value: result.value } : { value: null, why: result.why };
    return { clip, method, metric, ...value };
  });
  return [{ clip, method, ...rest }, ...values].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function unitOf(lines: readonly string[]): Unit {
  const [head, ...values] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const measurements: Measurements = {};
  for (const { metric, value, why } of values)
    measurements[metric as MetricName] = value === null ? { why: why as string } : { value: value as number };
  return { ...(head as unknown as Omit<Unit, 'measurements'>), measurements };
}

/** @throws INVALID_ARGUMENT if a line was changed by something else */
function readUnit(file: string, lines: readonly string[]): Unit {
  try {
    return unitOf(lines);
  } catch {
    throw foreign(file);
  }
}

/**
 * The file results.jsonl: a head, then the lines of each unit, in order. A unit is appended at once when it is measured; if the process is
 * killed, the next one finds the complete units, cuts the rest off, and goes on.
 */
export class Journal {
  readonly #file: string;
  /** Complete units of an earlier run, in order. */
  readonly units: readonly Unit[];
  readonly #ends: readonly number[];

  private constructor(file: string, units: readonly Unit[], ends: readonly number[]) {
    this.#file = file;
    this.units = units;
    this.#ends = ends;
  }

  /**
   * @param head what the results belong to
   * @throws INVALID_ARGUMENT if the file belongs to something else, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL
   */
  static async open(file: string, head: Record<string, unknown>): Promise<Journal> {
    const first = `${JSON.stringify(head)}\n`;
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw outputError(error, file);
    });
    if (text.startsWith(first)) return Journal.#parse(file, text, first.length);
    if (!first.startsWith(text)) throw foreign(file); // else it is empty, or was cut in its first line
    await writeAt(file, 0, first);
    return new Journal(file, [], [Buffer.byteLength(first)]);
  }

  static #parse(file: string, text: string, start: number): Journal {
    const lines = text.slice(start).split('\n').slice(0, -1);
    const count = Math.floor(lines.length / UNIT_LINES);
    const ends = [Buffer.byteLength(text.slice(0, start))];
    const units = Array.from({ length: count }, (_, i) => {
      const own = lines.slice(i * UNIT_LINES, (i + 1) * UNIT_LINES);
      ends.push(ends[i]! + own.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0));
      return readUnit(file, own);
    });
    return new Journal(file, units, ends);
  }

  /** Keeps the first `count` units of the earlier run. @returns where the next unit is appended */
  async keep(count: number): Promise<Appender> {
    await writeAt(this.#file, this.#ends[count]!, '');
    return new Appender(this.#file, this.#ends[count]!);
  }
}

/** Appends units to results.jsonl. */
export class Appender {
  readonly #file: string;
  #end: number;

  constructor(file: string, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** @throws OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
  async add(unit: Unit): Promise<void> {
    const lines = linesOf(unit);
    await writeAt(this.#file, this.#end, lines);
    this.#end += Buffer.byteLength(lines);
  }
}

/** Cuts a file at a place and writes there. */
async function writeAt(file: string, place: number, text: string): Promise<void> {
  try {
    const handle = await open(file, place === 0 ? 'w' : 'r+');
    try {
      await handle.truncate(place);
      await writeFully(handle, Buffer.from(text), place);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw outputError(error, file);
  }
}

function foreign(file: string): KdtalkerError {
  return new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected the results of the same bench, methods and options for out but received ${quote(file)}, which belongs to others. ` +
      'Give another folder, or remove it',
  );
}
