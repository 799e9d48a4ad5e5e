import type { RunHandle } from '../binding.js';
import { invalidArgument, throwIfAborted } from '../errors.js';
import type { Placement, TalkerHost } from './host.js';
import { Portrait } from './portrait.js';
import { photoSize } from './shown.js';
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
  portrait: Portrait,
  options: StreamOptions,
): TalkStream {
  if (!(portrait instanceof Portrait))
    throw invalidArgument('a portrait of talker.portrait()', 'portrait', portrait);
  portrait.check(host);
  const { manifest } = host.pack;
  const plan = planStream(options, manifest, portrait.photo !== undefined);
  if (plan.signal) throwIfAborted(plan.signal, 'The stream');
  const { full } = plan.native;
  const size = full ? photoSize(portrait) : manifest.output;
  const opacity = portrait.opacity(full);
  portrait.handle; // throws if it is closed
  const frameBytes = size.width * size.height * 3;
  const open = (signal: AbortSignal) => openStream(making.place(), portrait, { plan, frameBytes, signal });
  return new TalkStream({ ...making, manifest, size, opacity, open }, plan);
}

/** A talker whose networks are plans may need others for these lengths. */
async function openStream(
  { host, admission, counted }: Placement,
  portrait: Portrait,
  { plan, frameBytes, signal }: { plan: StreamPlan; frameBytes: number; signal: AbortSignal },
): Promise<RunHandle> {
  const { native: options, sound } = plan;
  try {
    if (host.plans) await host.plans.prepare(options, signal);
    const wanted = { portrait: await portrait.on(host), rate: sound.rate, options, frameBytes, signal };
    return await admission.open(wanted);
  } finally {
    counted();
  }
}
