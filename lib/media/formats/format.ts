import type { OutputStream } from '../output-stream.js';
import type { SoundTrack } from '../track.js';

/** The checked properties of a video. */
export interface VideoSpec {
  /** Pixels. */
  width: number;
  height: number;
  /** Frames per second. */
  fps: number;
  /** The number of frames: the sound is cut, or padded with silence, to exactly their duration. Undefined: both end when they do. */
  frames: number | undefined;
  /** The sound of the video. */
  sound: SoundTrack | undefined;
  /** Quality, lower is better; the format's own default when undefined. */
  crf: number | undefined;
  /** x264 preset; the format's own default when undefined. */
  preset: string | undefined;
  /** Encoder threads. */
  threads: number;
  /** The layout of the frames: one of the two that the format takes. */
  pixelFormat: EncoderPixelFormat;
  signal: AbortSignal | undefined;
}

/** Takes frames in order. One call at a time. */
export interface Encoder {
  /** Resolves when the frame's memory may be reused; a slow encoder resolves late. */
  write(frame: Uint8Array): Promise<void>;
  /** Resolves when all bytes are on disk. */
  finish(): Promise<void>;
  /** Stops all work at once. May be called at any time. */
  abort(): Promise<void>;
}

/**
 * The layout of raw frames. `yuv420p`: BT.709 limited range, planes Y, U, V, halves rounded up. `rgb24`: interleaved. `yuva420p` and `rgba`
 * add straight opacity, as a last plane or in each pixel.
 */
export type EncoderPixelFormat = 'yuv420p' | 'rgb24' | 'yuva420p' | 'rgba';

/** One kind of video file. */
export interface VideoFormat {
  readonly name: 'mp4' | 'webm' | 'gif' | 'png';
  /** The pixel format that the renderer delivers. */
  readonly pixelFormat: EncoderPixelFormat;
  /** The pixel format for frames with opacity; undefined if the format holds none. */
  readonly transparentFormat?: EncoderPixelFormat;
  /** Whether the format holds sound. */
  readonly sound: boolean;
  /** The range of `crf`, if the format has one. */
  readonly crf?: readonly [number, number];
  /** The names of `preset`, if the format has them. */
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
