import { ReusableSound, type SoundInput } from '../../media/index.js';
import type { Placement, TalkerHost } from '../host/host.js';
import type { Progress } from '../host/progress.js';
import { Motion } from '../motion/motion.js';
import type { Portrait } from '../portrait/portrait.js';
import type { SourceVideo } from '../video/source-video.js';
import { Clip } from './clip.js';
import { type AnimateOptions, checkFrameCounts, checkRatios, planClip } from './clip-options.js';
import type { ClipSource } from './clip-run.js';
import type { SaveResult } from './save-options.js';
import { opacityOf, photoSize, shownBy, subjectOf } from './shown.js';

/** What a talker tells its clips. */
export interface ClipTalker {
  readonly made: Pick<SaveResult, 'device' | 'deviceNote'>;
  readonly readAhead: number;
  /** Throws CLOSED. */
  check(): void;
  /** Where the next pass is computed. */
  place(): Placement;
}

/** The clip of `talker.animate()`. @throws INVALID_ARGUMENT, CLOSED */
export function makeClip(
  host: TalkerHost,
  { made, readAhead, check, place }: ClipTalker,
  portrait: Portrait | SourceVideo,
  source: SoundInput | Motion,
  options: AnimateOptions,
): Clip {
  const { manifest } = host.pack;
  const subject = subjectOf(portrait, host);
  const plan = planClip(options, manifest, source instanceof Motion, subject);
  checkRatios(plan.native, portrait.ratios);
  const from = clipSource(source, manifest.fps, plan.soundTrack);
  if ('motion' in from) checkFrameCounts(plan.native, from.motion.frames);
  const { full } = plan.native;
  const size = full ? photoSize(portrait) : manifest.output;
  const opacity = opacityOf(portrait, full);
  const context = (signal: AbortSignal, report: (progress: Progress) => void) => {
    check();
    const { host: at, counted } = place();
    const { handle: talker, plans } = at;
    const portraits = shownBy(portrait, full, at);
    const { fps } = manifest;
    return { talker, plans, portraits, source: from, options: plan.native, fps, signal, report, counted };
  };
  const dispose = async () => ('speech' in from ? from.speech.close() : undefined);
  const clip = new Clip({ manifest, made, full, size, opacity, readAhead, context, dispose }, plan.signal);
  if (plan.onProgress) clip.on('progress', plan.onProgress);
  return clip;
}

function clipSource(source: SoundInput | Motion, fps: number, soundTrack: number | undefined): ClipSource {
  if (source instanceof Motion) return { motion: source.resampled(fps) };
  return { speech: new ReusableSound(source, soundTrack) };
}
