import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { quote } from '../../errors.js';
import { parseFile } from '../../validate.js';

const SECONDS = 'positive seconds, or { generate, whole } of them';
const seconds = z.number({ error: SECONDS }).positive(SECONDS);
const schema = z.record(
  z.string(),
  z.union(
    [
      seconds.transform((generate) => ({ generate, whole: undefined })),
      z.strictObject({ generate: seconds.optional(), whole: seconds.optional() }),
    ],
    { error: SECONDS },
  ),
  { error: 'an object of clips and their seconds' },
);

/** Seconds that a clip took: to generate its frames in memory, and from its inputs to the finished file, all but loading the model. */
export interface ClipTimes {
  readonly generate?: number | undefined;
  readonly whole?: number | undefined;
}

/** Reads `times.json` beside a method's videos; undefined if there is none. @throws INVALID_ARGUMENT */
export async function readTimes(folder: string): Promise<Record<string, ClipTimes> | undefined> {
  const file = join(folder, 'times.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return parseFile(schema, parse(text), quote(file), 'INVALID_ARGUMENT');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
