import { ERROR_CODES, KdtalkerError, type KdtalkerErrorCode } from './errors.js';

/** The addon with every function's errors turned into KdtalkerErrors that carry the stack of the call. */
export function withKdtalkerErrors<Addon extends object>(addon: Addon): Addon {
  const wrapped: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(addon) as [string, (...args: unknown[]) => unknown][]) {
    wrapped[name] = (...args: unknown[]) => {
      try {
        const result = call(...args);
        return result instanceof Promise ? settle(result, new Error(name)) : result;
      } catch (error) {
        throw toKdtalkerError(error);
      }
    };
  }
  return wrapped as unknown as Addon;
}

/** Awaits with the stack taken when the call was made: a rejection from an engine thread has none of its own. */
async function settle(promise: Promise<unknown>, call: Error): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    const made = toKdtalkerError(error);
    if (call.stack) made.stack = call.stack.replace(/^.*\n/, `${made.name}: ${made.message}\n`);
    throw made;
  }
}

function toKdtalkerError(error: unknown): KdtalkerError {
  if (error instanceof KdtalkerError) return error;
  const { code, message } = error as { code?: string; message?: string };
  const known = code !== undefined && code in ERROR_CODES;
  return new KdtalkerError(known ? (code as KdtalkerErrorCode) : 'NATIVE', message ?? String(error), {
    cause: error,
  });
}
