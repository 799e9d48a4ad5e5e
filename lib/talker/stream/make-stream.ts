import type { RunHandle } from '../../binding.js';
import { throwIfAborted } from '../../errors.js';
import type { FramePortraits } from '../clip/clip-run.js';
import { opacityOf, photoSize, shownBy, subjectOf } from '../clip/shown.js';
import type { Placement, TalkerHost } from '../host/host.js';
import type { Portrait } from '../portrait/portrait.js';
import type { SourceVideo } from '../video/source-video.js';
import { loopKey } from './idle-loop.js';
import { planStream, type StreamOptions, type StreamPlan } from './stream-options.js';
import { TalkStream } from './talk-stream.js';

/** What a talker tells its streams. */
export interface StreamTalker {
  readonly readAhead: number;
  /** Where it is computed. */
  place(): Placement;
  /** Milliseconds that the engine needs for a hop and a frame, as measured so far. */
  compute(): number;
}

/** The stream of `talker.stream()`. @throws INVALID_ARGUMENT, CLOSED, ABORTED */
export function makeStream(
  host: TalkerHost,
  making: StreamTalker,
  portrait: Portrait | SourceVideo,
  options: StreamOptions,
): TalkStream {
  const subject = subjectOf(portrait, host);
  const { manifest } = host.pack;
  const plan = planStream(options, manifest, subject);
  if (plan.signal) throwIfAborted(plan.signal, 'The stream');
  const { full } = plan.native;
  const size = full ? photoSize(portrait) : manifest.output;
  const opacity = opacityOf(portrait, full);
  const frameBytes = size.width * size.height * 3;
  const place = making.place();
  const portraits = shownBy(portrait, full, place.host);
  const open = (signal: AbortSignal) => openStream(place, portraits, { plan, frameBytes, signal });
  const begin = (first: () => Promise<unknown>) => place.admission.begin(first);
  const loop = plan.loop && portrait.loops.open(loopKey(plan.native, plan.format), plan.loop.frames);
  return new TalkStream({ ...making, manifest, size, opacity, portraits, open, begin, loop }, plan);
}

/** A talker whose networks are plans may need others for these lengths. */
async function openStream(
  { host, admission, counted }: Placement,
  portraits: FramePortraits,
  { plan, frameBytes, signal }: { plan: StreamPlan; frameBytes: number; signal: AbortSignal },
): Promise<RunHandle> {
  const { native: options, sound } = plan;
  try {
    if (host.plans) await host.plans.prepare(options, signal);
    const portrait = await portraits.first();
    try {
      throwIfAborted(signal, 'The stream');
      return await admission.open({ portrait, rate: sound.rate, options, frameBytes, signal });
    } finally {
      await portraits.release(portrait); // the engine holds its own reference
    }
  } finally {
    counted();
  }
}
