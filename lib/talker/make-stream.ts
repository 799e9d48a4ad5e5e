import { invalidArgument, throwIfAborted } from '../errors.js';
import type { StreamAdmission } from './admission.js';
import type { TalkerHost } from './host.js';
import { Portrait } from './portrait.js';
import { photoSize } from './shown.js';
import { planStream, type StreamOptions } from './stream-options.js';
import { TalkStream } from './talk-stream.js';

/** What a talker tells its streams. */
export interface StreamMaking {
  readonly readAhead: number;
  readonly admission: StreamAdmission;
  /** Milliseconds that the engine needs for a hop and a frame, as measured so far. */
  compute(): number;
}

/** The stream of `talker.stream()`. @throws INVALID_ARGUMENT, CLOSED, ABORTED */
export function makeStream(
  host: TalkerHost,
  making: StreamMaking,
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
  return new TalkStream({ ...making, manifest, size, opacity, plans: host.plans }, portrait.handle, plan);
}
