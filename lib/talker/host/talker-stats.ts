import { native, type TalkerHandle } from '../../binding.js';
import type { PackManifest } from '../../packs/pack.js';

/** What a talker does now, and has done since it was loaded. */
export interface TalkerStats {
  /** Frames and steps of sampling that are computed side by side. */
  lanes: number;
  live: {
    /** Open streams. */
    streams: number;
    /** What they need of all lanes, 0 to 1, by the costs so far. At most 0.8: beyond it a stream is refused. */
    load: number;
    /** Frames that were finished later than their sound asks for. */
    late: number;
    /** Times that a stream's frames began to be late. */
    underruns: number;
  };
  files: {
    /** Clips that are made now. */
    running: number;
    /** Clips that wait for those. */
    queued: number;
    /** Until all of them are made, by the costs so far. */
    seconds: number;
  };
  /** Milliseconds of a lane, as moving averages; 0: not measured. A window is one of the pack's, with its steps. */
  cost: { frame: number; window: number };
  /** Portraits on the device. */
  portraits: number;
  /** Bytes on the device, as `talker.deviceBytes()`. */
  memory: number;
  /** Passes of clips, and streams, that ended with an error other than ABORTED. */
  errors: number;
}

export function talkerStats(talker: TalkerHandle, { sampler }: PackManifest): TalkerStats {
  const { lanes, streams, load, late, underruns, running, queued, seconds, frame, step, portraits, errors } =
    native().talkerLanes(talker);
  return {
    lanes,
    live: { streams, load, late, underruns },
    files: { running, queued, seconds },
    cost: { frame, window: step * sampler.steps },
    portraits,
    memory: native().talkerDeviceBytes(talker),
    errors,
  };
}
