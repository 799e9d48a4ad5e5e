import { join } from 'node:path';
import { ffmpeg } from './media.js';
import { portraitFile } from './talker.js';

/** What a made video looks like. */
export interface VideoShape {
  frames: number;
  fps?: number;
  width?: number;
  height?: number;
  /** More filters, such as one that hides the face. */
  filter?: string;
  /** Arguments before the output's name. */
  args?: readonly string[];
}

/** A video of the example portrait under a camera that goes round in a circle, once in 20 pictures. @returns its file */
export function movingPortrait(folder: string, name: string, shape: VideoShape): string {
  const { frames, fps = 25, width = 320, height = 256, filter, args = [] } = shape;
  const file = join(folder, name);
  const way = `crop=${width}:${height}:'60+16*cos(n*PI/10)':'16+16*sin(n*PI/10)'`;
  const filters = ['scale=480:480', way, ...(filter ? [filter] : [])].join(',');
  const input = ['-loop', '1', '-framerate', String(fps), '-i', portraitFile, '-vf', filters];
  const video = ['-frames:v', String(frames), '-pix_fmt', 'yuv420p', '-crf', '12', '-preset', 'ultrafast'];
  ffmpeg(...input, ...video, ...args, file);
  return file;
}

/** A video of plain colours: the red of picture i is `red(i)`, 0 to 255. No face. @returns its file */
export function colours(folder: string, name: string, frames: number, fps = 25): string {
  const file = join(folder, name);
  const source = `color=c=black:s=64x64:r=${fps}`;
  const paint = `format=rgb24,geq=r='20+10*N':g='60':b='90'`;
  const coded = ['-c:v', 'libx264rgb', '-qp', '0', '-preset', 'ultrafast', '-frames:v', String(frames)];
  ffmpeg('-f', 'lavfi', '-i', source, '-vf', paint, ...coded, file);
  return file;
}
