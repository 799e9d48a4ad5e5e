/**
 * Warnings for problems that made no call fail, by stable code. Node passes them to `process.on('warning')` with the name
 * `KdtalkerWarning` and this `code`, and prints them unless it runs with `--no-warnings`.
 *
 * This table is the only place that defines the codes; docs/errors.md lists them.
 */
export const WARNING_CODES = {
  FFMPEG_OUTDATED: 'The ffmpeg that decodes is older than 4.4: do not give it untrusted files.',
  CHANNELS_CANCEL: 'The channels of a sound cancel each other out: the louder one moves the mouth.',
  VIDEO_COLOURS: 'The colours of a video cannot be converted and will be wrong.',
  GRAPHS_REFUSED: 'ONNX Runtime captures no CUDA graphs of a network: its kernels are given singly.',
  HALVES_OVERFLOW: 'Half precision cannot hold the frames of a pack: they are rendered in float32.',
  IDLE_LOOP_LOST: "The loop of idle life cannot be kept or read: streams go on as with idle 'model'.",
} as const;

/** A stable code of a warning. */
export type KdtalkerWarningCode = keyof typeof WARNING_CODES;

const given = new Set<string>();

/** Warns once for each code and subject in this thread, however often it is called. */
export function warnOnce(code: KdtalkerWarningCode, message: string, subject = ''): void {
  const key = `${code} ${subject}`;
  if (given.has(key)) return;
  given.add(key);
  process.emitWarning(message, { type: 'KdtalkerWarning', code });
}
