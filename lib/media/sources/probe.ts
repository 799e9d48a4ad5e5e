import { FfmpegProcess } from '../ffmpeg-process.js';

/** What ffmpeg makes of a file. */
export interface Contents {
  /** The demuxer's name ('mp3', 'mov,mp4,m4a,3gp,3g2,mj2'), undefined when none knows the file. */
  format: string | undefined;
  /** Whether it has a sound track. */
  sound: boolean;
  /** Whether it has a track of pictures, other than a cover. */
  pictures: boolean;
}

/**
 * Lists a file's contents. ffmpeg without an output prints them and ends with an error, which is expected here; unlike
 * ffprobe it is there wherever ffmpeg is.
 */
export async function probe(file: string, signal?: AbortSignal | undefined): Promise<Contents> {
  const args = ['-loglevel', 'info', '-protocol_whitelist', 'file,pipe', '-i', `file:${file}`];
  const process = FfmpegProcess.start(args, { signal, what: `Looking into '${file}'` });
  const { stderr } = await process.wait();
  return {
    format: /^Input #0, (.+?), from /m.exec(stderr)?.[1],
    sound: /^\s*Stream #0.*: Audio:/m.test(stderr),
    pictures: /^\s*Stream #0.*: Video:(?!.*\(attached pic\))/m.test(stderr),
  };
}
