import { GrowingTrack, openPcm, type PcmInput, planVideo } from '../../media/index.js';
import type { SaveResult } from '../../talker/clip/save-options.js';
import { StageMeter } from '../../talker/host/progress.js';
import type { Portrait } from '../../talker/portrait/portrait.js';
import type { TalkStream } from '../../talker/stream/talk-stream.js';
import type { AnyTalker } from '../../talker/talker.js';
import { describeVideo, loadTalker, openSubject, step } from '../animate/animate.js';
import type { Context } from '../command.js';
import { inputOf, outputOf } from '../standard-streams.js';
import type { StreamValues } from './options.js';
import { planStreamCommand, type StreamCommand } from './plan.js';
import { Recording } from './recording.js';

/** `kdtalker stream`. @throws every KdtalkerError of loading, portraits, streams and videos */
export async function stream(values: StreamValues, portrait: string, context: Context): Promise<void> {
  const plan = await planStreamCommand(values, portrait);
  const talker = await step(context, 'load', () => loadTalker(values, context));
  try {
    const subject = await openSubject(talker, plan, context);
    const made = await speak(talker, subject as Portrait, plan, context);
    context.reporter.result((paint) => [`${paint('strong', made.file)}: ${describeVideo(made)}`], {
      ...made,
    });
  } finally {
    await talker.close();
  }
}

async function speak(
  talker: AnyTalker,
  portrait: Portrait,
  plan: StreamCommand,
  context: Context,
): Promise<SaveResult> {
  const { signal } = context;
  const pcm = await openPcm(inputOf(plan.speech), plan.raw, signal);
  try {
    const stream = talker.stream(portrait, { ...plan.options, sound: pcm.format, signal });
    const { out } = plan;
    return {
      ...(await record(stream, pcm, plan, talker.pack.fps, context)),
      file: out,
      device: talker.device,
    };
  } finally {
    pcm.close();
  }
}

async function record(
  stream: TalkStream,
  pcm: PcmInput,
  plan: StreamCommand,
  fps: number,
  { reporter, signal }: Context,
): Promise<Omit<SaveResult, 'file' | 'device'>> {
  try {
    const { width, height } = stream;
    const open = await planVideo(outputOf(plan.out), { width, height, fps, ...plan.encoding });
    const sound = plan.sound ? new GrowingTrack(pcm.format.rate, pcm.format.channels) : undefined;
    const video = await open({ sound, signal });
    const meter = new StageMeter('encode', (progress) => reporter.progress(progress));
    return await new Recording(stream, pcm, { video, sound, fps, meter }).run();
  } finally {
    await stream.close();
  }
}
