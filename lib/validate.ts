import { z } from 'zod';
import { describe, invalidArgument, KdtalkerError, type KdtalkerErrorCode } from './errors.js';
import { nearest } from './suggest.js';

/**
 * Validates options once; errors have the form "Expected X for Y but received Z".
 *
 * Give the expectation as the `error` of each schema (`z.int().min(1, 'an integer from 1 to 1000')`).
 *
 * @param what the name of the call's options, such as 'the options of animate()'
 */
export function parseOptions<S extends z.ZodType>(schema: S, options: unknown, what: string): z.output<S> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  throw firstIssue(result.error, schema, options, what);
}

/** Like {@link parseOptions}, for files: the same message with another code. */
export function parseFile<S extends z.ZodType>(
  schema: S,
  json: unknown,
  what: string,
  code: KdtalkerErrorCode,
): z.output<S> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const { message } = firstIssue(result.error, schema, json, what);
  throw new KdtalkerError(code, message, { cause: result.error });
}

function firstIssue(error: z.ZodError, schema: z.ZodType, options: unknown, what: string): KdtalkerError {
  const issue = error.issues[0]!;
  const name = issue.path.length === 0 ? what : `${issue.path.join('.')} of ${what}`;
  if (issue.code !== 'unrecognized_keys')
    return invalidArgument(issue.message, name, valueAt(options, issue.path));
  const known = issue.path.length === 0 && schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return unknownName(issue.keys[0]!, known, name);
}

function unknownName(key: string, known: readonly string[], what: string): KdtalkerError {
  const expected = known.length === 0 ? 'only known names' : `only ${known.join(', ')}`;
  const near = nearest(key, known);
  const hint = near === undefined ? '' : `. Did you mean '${near}'?`;
  return new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${expected} for ${what} but received ${describe(key)}${hint}`,
  );
}

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
}

/** An integer in a range, described as "an integer from A to B". */
export function integer(from: number, to: number) {
  const error = `an integer from ${from} to ${to}`;
  return z.int({ error }).min(from, error).max(to, error);
}

/** A finite number in a range, described as "a number from A to B". */
export function number(from: number, to: number) {
  const error = `a number from ${from} to ${to}`;
  return z.number({ error }).min(from, error).max(to, error);
}

/** One of several words, described as "'a', 'b' or 'c'". */
export function oneOf<const T extends readonly [string, ...string[]]>(...words: T) {
  const quoted = words.map((word) => `'${word}'`);
  const error = quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return z.enum(words, { error });
}

/** true or false. */
export const flag = z.boolean({ error: 'true or false' });

/** An AbortSignal. */
export const abortSignal = z.instanceof(AbortSignal, { error: 'an AbortSignal' });

/** A function. */
export function callback<Argument>() {
  return z.custom<(argument: Argument) => void>((value) => typeof value === 'function', {
    error: 'a function',
  });
}

/** Throws INVALID_ARGUMENT if the value cannot be a path. */
export function checkPath(file: unknown, name: string): asserts file is string {
  if (typeof file !== 'string' || file === '') throw invalidArgument('a path', name, file);
}

/** The schema of `SignalOptions` in lib/abort.ts. */
export const signalOptions = z.strictObject({ signal: abortSignal.optional() }, { error: 'an object' });
