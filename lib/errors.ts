/**
 * The stable codes of all errors of kdtalker. Match on `error.code`, never on the message.
 *
 * This table is the only place that defines codes; docs/errors.md repeats it.
 */
export const ERROR_CODES = {
  INVALID_ARGUMENT: 'An option or argument is not what the call expects.',
  CLOSED: 'The object was closed before the call.',
  ABORTED: 'The AbortSignal of the call was triggered.',
  FILE_NOT_FOUND: 'An input file does not exist or cannot be read.',
  PICTURE_UNREADABLE: 'The bytes are not a picture that can be decoded.',
  PICTURE_TOO_SMALL: 'The picture or the face in it has too few pixels to work with.',
  PICTURE_TOO_LARGE: 'The picture has more pixels than the limit.',
  NO_FACE: 'No face was found, or the face asked for does not exist.',
  VIDEO_UNREADABLE: 'The bytes are not a video that can be decoded, or it has no pictures.',
  VIDEO_TOO_LONG: 'The video is longer than allowed.',
  SPEECH_UNREADABLE: 'The bytes are not sound that can be decoded.',
  SPEECH_EMPTY: 'The sound has no samples or the file has no sound track.',
  SPEECH_TOO_SHORT: 'The sound is shorter than one video frame (40 ms at 25 frames a second).',
  SPEECH_TOO_LONG: 'The sound of a compressed file is longer than allowed.',
  SPEECH_NOT_FINITE: 'The sound holds NaN or infinite samples.',
  OUTPUT_UNWRITABLE: 'The output cannot be created or written.',
  OUTPUT_DISK_FULL: 'The disk of the output is full.',
  OUTPUT_FORMAT: 'The output format is not one that can be written.',
  FFMPEG_NOT_FOUND: 'No ffmpeg was found.',
  FFMPEG_FAILED: 'ffmpeg ended with an error or was killed.',
  DEVICE_UNKNOWN: 'There is no device of that name.',
  DEVICE_UNAVAILABLE: 'The device exists but cannot be used on this machine.',
  DEVICE_MEMORY: 'The device has not enough memory.',
  DEVICE_LOST: 'The GPU failed, and this process cannot use it any more.',
  PACK_NOT_FOUND: 'There is no pack of that name or path.',
  PACK_INVALID:
    'pack.json does not follow the schema, or the inputs or outputs of a network are not what its role requires.',
  PACK_DAMAGED:
    'A file of the pack is missing, its hash differs, or a network computes other numbers than expected.',
  OPERATOR_UNSUPPORTED: 'A network of the pack has an operator that the device cannot run.',
  CHECKPOINT_INVALID: 'The checkpoint is damaged, of an unknown kind, or holds other tensors than expected.',
  LICENCE_REFUSED: 'The licences of the files to download were not accepted.',
  DOWNLOAD_FAILED: 'The model hub cannot be reached, does not have the file, or failed.',
  DOWNLOAD_DENIED: 'The model hub requires an access token, or the token has no access.',
  DOWNLOAD_DAMAGED: 'The downloaded file has another size or hash than the model hub announced.',
  PORTRAIT_INVALID: 'The portrait file is damaged or was made by another pack.',
  MOTION_INVALID: 'The motion is damaged or does not fit the pack.',
  RUNTIME_NOT_FOUND: 'The ONNX Runtime library could not be opened.',
  ADDON_NOT_FOUND: 'The native addon could not be loaded.',
  PACKAGE_INCOMPLETE:
    'A package or file that comes with kdtalker is missing: it was not installed, or a bundler left it out.',
  DATASET_INVALID: 'The folder has no dataset, or it is damaged or was made by another pack.',
  PYTHON_NOT_FOUND: 'Training needs a Python with PyTorch, and none was found.',
  TRAINING_FAILED: 'The training was refused or ended with an error; the message says why.',
  BUSY: 'The device has no time for another stream, or too many clips wait for it; `retryAfter` says when to try again.',
  TOO_SLOW: 'The frames of a live stream are read much later than they play.',
  OUT_OF_RESOURCES: 'The system has no memory or no thread left for the work.',
  NATIVE: 'An error inside the engine that has no better code.',
} as const;

/** A stable error code of {@link KdtalkerError}. */
export type KdtalkerErrorCode = keyof typeof ERROR_CODES;

/**
 * The one error class of this library.
 *
 * @example
 * try { await talker.portrait('landscape.jpg') }
 * catch (error) { if (error instanceof KdtalkerError && error.code === 'NO_FACE') askForAnother() }
 */
export class KdtalkerError extends Error {
  /** Stable, for programs. */
  readonly code: KdtalkerErrorCode;
  /** With BUSY: seconds until it may be worth to try again. */
  declare readonly retryAfter?: number;

  constructor(code: KdtalkerErrorCode, message: string, options?: { cause?: unknown; retryAfter?: number }) {
    super(
      cutMessage(message),
      options && 'cause' in options ? { cause: cutCause(options.cause) } : undefined,
    );
    if (options?.retryAfter !== undefined) this.retryAfter = options.retryAfter;
    this.name = code === 'ABORTED' ? 'AbortError' : 'KdtalkerError';
    this.code = code;
  }
}

/** The most characters of a value, such as a path, that a message repeats. */
const LONGEST_VALUE = 256;
/** The most characters of a whole message: ffmpeg's last words fit. */
const LONGEST_MESSAGE = 4096;

/** The beginning and the end of a text that is longer than `longest`. */
function cutMiddle(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const kept = Math.floor((longest - 3) / 4);
  return `${text.slice(0, 3 * kept)}...${text.slice(-kept)}`;
}

/** A path or another text of the caller's in quotes, cut where it is long. */
export function quote(text: string): string {
  return `'${cutMiddle(text, LONGEST_VALUE)}'`;
}

/** A word that no language has. */
const LONG_WORD = new RegExp(`\\S{${LONGEST_VALUE + 1},}`, 'g');
/** Between two quotes there is a value, or a sentence of ours, which is shorter. */
const LONG_QUOTE = new RegExp(`[^']{${3 * LONGEST_VALUE + 1},}`, 'g');

/** Whatever value a message repeats: a `data:` URL in the place of a path must not fill the log. */
function cutMessage(message: string): string {
  const cut = (part: string) => cutMiddle(part, LONGEST_VALUE);
  return cutMiddle(message.replace(LONG_WORD, cut).replace(LONG_QUOTE, cut), LONGEST_MESSAGE);
}

/** The system's own errors repeat a path, too. */
function cutCause(cause: unknown): unknown {
  if (!(cause instanceof Error) || cutMessage(cause.message) === cause.message) return cause;
  const { code, errno, syscall } = cause as NodeJS.ErrnoException;
  const cut = new Error(cutMessage(cause.message), { cause: cutCause(cause.cause) });
  return Object.assign(cut, { name: cause.name, code, errno, syscall });
}

/** The error for a wrong argument, in the form "Expected X for Y but received Z". */
export function invalidArgument(expected: string, name: string, received: unknown): KdtalkerError {
  return new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${expected} for ${name} but received ${describe(received)}`,
  );
}

/** A short description of a value for error messages: `'x' of type string`, `null`, `Array of 3`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string')
    return `'${value.length > 60 ? `${value.slice(0, 57)}...` : value}' of type string`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof ArrayBuffer) return `an ArrayBuffer of ${value.byteLength} bytes`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (typeof value === 'object') return `an object of type ${value.constructor?.name ?? 'Object'}`;
  if (typeof value === 'function') return 'a function';
  return `${cutMiddle(String(value), LONGEST_VALUE)} of type ${typeof value}`;
}

/** Turns any thrown value into a KdtalkerError; returns a KdtalkerError unchanged. */
export function asKdtalkerError(error: unknown, code: KdtalkerErrorCode, message: string): KdtalkerError {
  if (error instanceof KdtalkerError) return error;
  return new KdtalkerError(code, message, { cause: error });
}

/** Throws ABORTED, with the signal's reason as cause, when the signal has been triggered. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw aborted(signal, what);
}

/** The error of an aborted call. */
export function aborted(signal: AbortSignal | undefined, what: string): KdtalkerError {
  return new KdtalkerError('ABORTED', `${what} was aborted`, { cause: signal?.reason });
}
