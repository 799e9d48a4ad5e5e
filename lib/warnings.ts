/**
 * What a program should hear although nothing failed, by its stable code. Node hands it to `process.on('warning')`, as a warning of the
 * name `KdtalkerWarning` with this `code`, and prints it where nobody asked it not to (`--no-warnings`).
 *
 * The table is the single place where codes are made: docs/errors.md lists them.
 */
export const WARNING_CODES = {
  FFMPEG_OUTDATED: 'The ffmpeg that decodes is older than 4.4: do not give it files of strangers.',
  CHANNELS_CANCEL: 'The channels of a sound cancel each other out: the louder one moves the mouth.',
  VIDEO_COLOURS: 'The colours of a video are of a kind that cannot be converted: they will be off.',
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
