import { diskFull } from '../files/output-error.js';
import { noSpace } from './ffmpeg-encoder.js';
import { fileInput } from './ffmpeg-input.js';
import { type FfmpegExit, FfmpegProcess } from './ffmpeg-process.js';

/** A file with other codecs, as programs keep it between two steps: it has every mark that ffmpeg puts into its files. */
export interface Recoding {
  /** Where it is written, `%06d.jpg` for pictures; what is there is replaced. */
  output: string;
  /** Arguments of ffmpeg before the output's name. */
  codecs: readonly string[];
  signal: AbortSignal | undefined;
}

/** Writes a file again with other codecs. @throws FFMPEG_NOT_FOUND, FFMPEG_FAILED, OUTPUT_DISK_FULL, ABORTED */
export async function recode(input: string, { output, codecs, signal }: Recoding): Promise<void> {
  const args = [...fileInput(input), ...codecs, '-y', `file:${output}`];
  const process = FfmpegProcess.start(args, { signal, what: `Encoding '${output}'` });
  check(process, await process.wait(), output);
}

/** Writes pictures, RGB, of one size and 25 a second. @throws as {@link recode}, and what `pictures` throws */
export async function recodePictures(
  pictures: AsyncIterable<Uint8Array>,
  { width, height }: { width: number; height: number },
  { output, codecs, signal }: Recoding,
): Promise<void> {
  const shape = ['-pix_fmt', 'rgb24', '-video_size', `${width}x${height}`, '-framerate', '25'];
  const args = ['-f', 'rawvideo', ...shape, '-i', 'pipe:0', ...codecs, '-y', `file:${output}`];
  const process = FfmpegProcess.start(args, { signal, what: `Encoding '${output}'`, stdin: true });
  try {
    for await (const picture of pictures) {
      const broken = await new Promise<unknown>((resolve) => process.stdin.write(picture, resolve));
      if (broken) throw process.earlyEnd(await process.wait(), 'it had taken all pictures');
    }
    process.stdin.end();
    check(process, await process.wait(), output);
  } finally {
    await process.kill();
  }
}

function check(process: FfmpegProcess, exit: FfmpegExit, output: string): void {
  const error = process.errorOf(exit);
  if (error && error.code !== 'ABORTED' && noSpace(exit.stderr)) throw diskFull(output, error);
  if (error) throw error;
}
