import type { OutputStream } from '../output-stream.js';
import type { SoundTrack } from '../track.js';

/** What a video is made of, checked. */
export interface VideoSpec {
  /** Pixels. */
  width: number;
  height: number;
  /** Frames per second. */
  fps: number;
  /** Frames in all: the sound is cut, or padded with silence, to exactly their time. */
  frames: number;
  /** The sound to go with it. */
  sound: SoundTrack | undefined;
  /** Quality, lower is better; the format's own default when undefined. */
  crf: number | undefined;
  /** x264 preset; the format's own default when undefined. */
  preset: string | undefined;
  /** Encoder threads. */
  threads: number;
  /** How the frames come: one of the two that the format takes. */
  pixelFormat: EncoderPixelFormat;
  signal: AbortSignal | undefined;
}

/** Takes frames in order. One call at a time. */
export interface Encoder {
  /** Resolves when the frame's memory may be used again; a slow encoder resolves late. */
  write(frame: Uint8Array): Promise<void>;
  /** Resolves when everything is on the disk. */
  finish(): Promise<void>;
  /** Ends all work at once. Fine to call at any time. */
  abort(): Promise<void>;
}

/**
 * How raw frames are laid out. `yuv420p`: BT.709 limited range, planes Y, U, V, halves rounded up. `rgb24`: interleaved. `yuva420p` and
 * `rgba`: the same with straight opacity, as a plane at the end or in each pixel.
 */
export type EncoderPixelFormat = 'yuv420p' | 'rgb24' | 'yuva420p' | 'rgba';

/** One kind of video file. */
export interface VideoFormat {
  readonly name: 'mp4' | 'webm' | 'gif' | 'png';
  /** What the renderer should deliver. */
  readonly pixelFormat: EncoderPixelFormat;
  /** The same for frames with opacity; undefined where it can hold none. */
  readonly transparentFormat?: EncoderPixelFormat;
  /** Whether it can hold sound. */
  readonly sound: boolean;
  /** The range of `crf`, where it has one. */
  readonly crf?: readonly [number, number];
  /** The names of `preset`, where it has them. */
  readonly presets?: readonly string[];
  /** Starts encoding into `target`: a file or a stream, for 'png' a folder. `name` is the output in messages. */
  open(target: string | OutputStream, name: string, spec: VideoSpec): Encoder;
}

/** Bytes of one frame. */
export function bytesOfFrame(format: EncoderPixelFormat, width: number, height: number): number {
  const pixels = width * height;
  if (format === 'rgb24' || format === 'rgba') return (format === 'rgba' ? 4 : 3) * pixels;
  const colours = pixels + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
  return format === 'yuva420p' ? colours + pixels : colours;
}
