import { fileInput } from '../ffmpeg-input.js';
import { FfmpegProcess } from '../ffmpeg-process.js';

/** A track of sound or pictures. */
export interface MediaTrack {
  /** Its place among all tracks of the file, for `-map 0:index`. */
  index: number;
  kind: 'sound' | 'pictures';
  /** The demuxer's name of the file, as {@link Contents.format}. */
  format: string;
  /** Whether the file marks it as the one to play. */
  isDefault: boolean;
  /** ffmpeg's words for its coding: 'h264 (High), yuv420p(tv, bt709), 320x256 [SAR 1:1 DAR 5:4], 25 fps'. */
  text: string;
}

/** What ffmpeg makes of a file. */
export interface Contents {
  /** The demuxer's name ('mp3', 'mov,mp4,m4a,3gp,3g2,mj2'), undefined when none knows the file. */
  format: string | undefined;
  /** Tracks of sound and pictures, in order; covers and thumbnails are none. */
  tracks: readonly MediaTrack[];
  /** ffmpeg's last words, for where it knows no format. */
  said: string;
}

/**
 * Lists a file's contents. ffmpeg without an output prints them and ends with an error, which is expected here; unlike
 * ffprobe it is there wherever ffmpeg is.
 *
 * @throws FFMPEG_NOT_FOUND, FFMPEG_FAILED (it was ended), ABORTED
 */
export async function probe(file: string, signal?: AbortSignal | undefined): Promise<Contents> {
  const args = ['-loglevel', 'info', ...fileInput(file)];
  const process = FfmpegProcess.start(args, { signal, what: `Looking into '${file}'` });
  const exit = await process.wait();
  const isAnswer = exit.code !== null && !signal?.aborted;
  if (!isAnswer) throw process.earlyEnd(exit, 'it had listed the tracks');
  const { stderr } = exit;
  const said = stderr.trim().split('\n').slice(-2).join(' | ');
  const format = /^Input #0, (.+?), from /m.exec(stderr)?.[1];
  return { format, tracks: format === undefined ? [] : tracksOf(stderr, format), said };
}

const STREAM = /^ *Stream #0:(\d+).*?: (Audio|Video): (.*)$/gm;
const NO_TRACK = /\((attached pic|timed thumbnails)\)/;

function tracksOf(stderr: string, format: string): MediaTrack[] {
  const all = [...stderr.matchAll(STREAM)].map(
    ([, index, kind, text]): MediaTrack => ({
      index: Number(index),
      kind: kind === 'Audio' ? 'sound' : 'pictures',
      format,
      isDefault: text!.includes('(default)'),
      text: text!,
    }),
  );
  return all.filter(({ text }) => !NO_TRACK.test(text));
}

/** The track of a kind that the file wants to be played: the first that it marks, or the first of all. */
export function defaultTrack(
  tracks: readonly MediaTrack[],
  kind: MediaTrack['kind'],
): MediaTrack | undefined {
  const some = tracks.filter((track) => track.kind === kind);
  return some.find(({ isDefault }) => isDefault) ?? some[0];
}

/**
 * Arguments after the output, so that time 0 is the file's start. Of broadcast formats, whose timestamps may jump, ffmpeg takes the start
 * of the tracks that it was asked for: the others are copied to nowhere, which decodes nothing.
 */
export function keepFileStart({ format }: MediaTrack): string[] {
  if (format !== 'mpegts' && format !== 'mpeg') return [];
  return ['-map', '0:a?', '-map', '0:V?', '-c', 'copy', '-f', 'null', '-'];
}
