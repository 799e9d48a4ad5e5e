import { ERROR_CODES, KdtalkerError, type KdtalkerErrorCode } from '../errors.js';

/** What can be wrong with one given file; it ends only the work on that file. */
const OF_FILES: readonly KdtalkerErrorCode[] = [
  ...(['VIDEO_UNREADABLE', 'VIDEO_TOO_LONG'] as const),
  ...(['PICTURE_UNREADABLE', 'PICTURE_TOO_SMALL', 'PICTURE_TOO_LARGE', 'NO_FACE'] as const),
  ...(['SPEECH_UNREADABLE', 'SPEECH_EMPTY', 'SPEECH_TOO_SHORT', 'SPEECH_NOT_FINITE'] as const),
  ...(['FILE_NOT_FOUND', 'FFMPEG_FAILED'] as const),
];

/**
 * The result of work on one file, or the reason why it failed, if that lies in the file. Messages of other programs hold addresses and
 * times, so the reason is the meaning of the error's code: two runs give the same bytes.
 */
export async function orReason<T>(work: () => Promise<T>): Promise<T | { why: string }> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KdtalkerError) || !OF_FILES.includes(error.code)) throw error;
    return { why: `${error.code}: ${ERROR_CODES[error.code].replace(/\.$/, '')}` };
  }
}
