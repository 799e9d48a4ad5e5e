import type { Visemes } from '../../talker/visemes.js';
import { loadTalker, step } from '../animate/animate.js';
import { checkOutputs } from '../animate/files.js';
import type { Context } from '../command.js';
import { missing, wrongValue } from '../option.js';
import type { Paint } from '../report/reporter.js';
import { checkReadable, inputOf, STANDARD_OUTPUT } from '../standard-streams.js';
import type { VisemesValues } from './options.js';

/** `kdtalker visemes`. @throws every KdtalkerError of loading and of `talker.visemes()` */
export async function visemes(values: VisemesValues, context: Context): Promise<void> {
  const { speech, out } = values;
  if (speech === undefined) throw missing('visemes', '--speech FILE');
  if (out === undefined) throw missing('visemes', '--out FILE');
  if (out === STANDARD_OUTPUT) throw wrongValue('the name of a file', '--out', out);
  await checkReadable(speech, 'speech');
  await checkOutputs(values, ['speech'], ['out']);
  const { signal, reporter } = context;
  const talker = await step(context, 'load', () => loadTalker(values, context));
  try {
    const heard = await talker.visemes(inputOf(speech), {
      soundTrack: values['sound-track'],
      signal,
      onProgress: (progress) => reporter.progress(progress),
    });
    await heard.save(out);
    const { frames, fps } = heard;
    reporter.result((paint) => describe(heard, out, paint), { visemes: out, frames, fps });
  } finally {
    await talker.close();
  }
}

/** The classes as they follow each other, each once. */
function describe(heard: Visemes, file: string, paint: Paint): string[] {
  const classes = Array.from({ length: heard.frames }, (_, i) => heard.frame(i).viseme);
  const course = classes.filter((name, i) => name !== classes[i - 1]).slice(0, 24);
  return [`${paint('strong', file)}: the visemes of ${heard.frames} frames`, `  ${course.join(' ')} ...`];
}
