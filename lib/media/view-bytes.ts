import { KdtalkerError } from '../errors.js';

/** The bytes of a caller's array, not copied. @throws INVALID_ARGUMENT if their memory was transferred to another thread */
export function bytesOfView(view: ArrayBufferView, what: string): Uint8Array {
  try {
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  } catch (cause) {
    const received = `${view.constructor.name} whose memory was transferred`;
    throw new KdtalkerError(
      'INVALID_ARGUMENT',
      `Expected an array with its memory for ${what} but received ${received}`,
      { cause },
    );
  }
}
