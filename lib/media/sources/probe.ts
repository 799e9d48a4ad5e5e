import { fileInput } from '../ffmpeg-input.js';
import { FfmpegProcess } from '../ffmpeg-process.js';

/** A sound or video track. */
export interface MediaTrack {
  /** Its index among all tracks of the file, for `-map 0:index`. */
  index: number;
  kind: 'sound' | 'pictures';
  /** The demuxer's name for the file, as in {@link Contents.format}. */
  format: string;
  /** Whether the file marks it as the default. */
  isDefault: boolean;
  /** ffmpeg's description of its coding: 'h264 (High), yuv420p(tv, bt709), 320x256 [SAR 1:1 DAR 5:4], 25 fps'. */
  text: string;
}

/** The contents of a file according to ffmpeg. */
export interface Contents {
  /** The demuxer's name ('mp3', 'mov,mp4,m4a,3gp,3g2,mj2'); undefined if none recognises the file. */
  format: string | undefined;
  /** Sound and video tracks, in order, without covers and thumbnails. */
  tracks: readonly MediaTrack[];
  /** The end of ffmpeg's messages, for a file that no demuxer recognises. */
  said: string;
}

/**
 * Lists a file's contents. ffmpeg without an output prints them and exits with an error, which is expected here. ffprobe is not installed
 * with every ffmpeg.
 *
 * @throws FFMPEG_NOT_FOUND, FFMPEG_FAILED (it was killed), ABORTED
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

/** The default track of a kind: the first that the file marks, or the first of all. */
export function defaultTrack(
  tracks: readonly MediaTrack[],
  kind: MediaTrack['kind'],
): MediaTrack | undefined {
  const some = tracks.filter((track) => track.kind === kind);
  return some.find(({ isDefault }) => isDefault) ?? some[0];
}

/**
 * Arguments after the output that keep time 0 at the file's start. In broadcast formats, whose timestamps may jump, ffmpeg starts at the
 * first of the mapped tracks: so all others are mapped to a null output, which decodes nothing.
 */
export function keepFileStart({ format }: MediaTrack): string[] {
  if (format !== 'mpegts' && format !== 'mpeg') return [];
  return ['-map', '0:a?', '-map', '0:V?', '-c', 'copy', '-f', 'null', '-'];
}
