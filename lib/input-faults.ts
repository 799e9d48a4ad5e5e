import { KdtalkerError, type KdtalkerErrorCode } from './errors.js';

/** Codes of what can be wrong with one given picture, sound or video: work on many goes on with the next one. */
const INPUT_FAULTS = [
  ...(['VIDEO_UNREADABLE', 'VIDEO_TOO_LONG'] as const),
  ...(['PICTURE_UNREADABLE', 'PICTURE_TOO_SMALL', 'PICTURE_TOO_LARGE', 'NO_FACE'] as const),
  ...([
    'SPEECH_UNREADABLE',
    'SPEECH_EMPTY',
    'SPEECH_TOO_SHORT',
    'SPEECH_TOO_LONG',
    'SPEECH_NOT_FINITE',
  ] as const),
  ...(['FILE_NOT_FOUND', 'FFMPEG_FAILED'] as const),
] satisfies readonly KdtalkerErrorCode[];

/** One of these codes. */
export type InputFault = (typeof INPUT_FAULTS)[number];

/** What is wrong with a given file, if that is why the work on it failed. */
export function inputFaultOf(error: unknown): InputFault | undefined {
  if (!(error instanceof KdtalkerError)) return undefined;
  return INPUT_FAULTS.find((code) => code === error.code);
}
