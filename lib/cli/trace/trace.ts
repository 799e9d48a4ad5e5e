import { access, constants, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { invalidArgument, KdtalkerError } from '../../errors.js';
import { outputError } from '../../files/output-error.js';
import { checkInputFile } from '../../media/input.js';
import { readSafetensors } from '../../packs/safetensors.js';
import type { Trace, TraceOptions, TraceTensor } from '../../talker/trace.js';
import { loadTalker, step } from '../animate/animate.js';
import type { Context } from '../command.js';
import { table } from '../layout.js';
import { missing, wrongValue } from '../option.js';
import type { Paint } from '../report/reporter.js';
import { checkOneStandardInput, checkReadable, inputOf } from '../standard-streams.js';
import type { TraceValues } from './options.js';

/** `kdtalker trace`. @throws every KdtalkerError of loading and of `talker.trace()` */
export async function trace(values: TraceValues, context: Context): Promise<void> {
  const [portrait, speech, out] = (['portrait', 'speech', 'out'] as const).map((name) => {
    const file = values[name];
    if (file === undefined) throw missing('trace', `--${name} FILE`);
    return file;
  }) as [string, string, string];
  checkOneStandardInput({ portrait, speech });
  await checkReadable(portrait, 'portrait');
  await checkReadable(speech, 'speech');
  await checkOutput(out, [portrait, speech, values.noise]);
  const options = await traceOptions(values, context);
  const talker = await step(context, 'load', () => loadTalker(values, context));
  try {
    const made = await talker.trace(inputOf(portrait), inputOf(speech), options);
    await made.save(out);
    const shapes = Object.entries(made.tensors).map(([name, { dims }]) => [name, dims] as const);
    const data = { file: out, tensors: Object.fromEntries(shapes) };
    context.reporter.result((paint) => describe(made, out, paint), data);
  } finally {
    await talker.close();
  }
}

/** Checks before minutes of work that the file can be created and is not one of the inputs. */
async function checkOutput(out: string, inputs: readonly (string | undefined)[]): Promise<void> {
  if (inputs.some((input) => input !== undefined && resolve(input) === resolve(out)))
    throw wrongValue('a file that is not read', '--out', out);
  await access(dirname(resolve(out)), constants.W_OK).catch((cause) => {
    throw outputError(cause, out);
  });
}

async function traceOptions(values: TraceValues, { signal, reporter }: Context): Promise<TraceOptions> {
  const { crop, frames, seed, steps, window, sampler, eta, stitch, eyes, lips } = values;
  return {
    ...{ frames, seed, steps, window, sampler, eta, stitch, eyes, lips, signal },
    portrait: { crop },
    soundTrack: values['sound-track'],
    noise: values.noise === undefined ? undefined : await readNoise(values.noise),
    onProgress: (progress) => reporter.progress(progress),
  };
}

async function readNoise(file: string): Promise<TraceTensor> {
  await checkInputFile(file, 'noise');
  const fail = (why: string) =>
    new KdtalkerError('INVALID_ARGUMENT', `${why} in '${file}', given for --noise`);
  const { noise } = readSafetensors(await readFile(file), fail).tensors;
  if (noise?.dtype === 'F32') return { dims: noise.dims, data: noise.data as Float32Array };
  throw invalidArgument("a file with a float32 tensor 'noise'", '--noise', file);
}

function describe({ tensors }: Trace, file: string, paint: Paint): string[] {
  const rows = Object.entries(tensors).map(([name, { dims }]) => [`  ${name}`, `[${dims.join(', ')}]`]);
  return [`${paint('strong', file)}: ${rows.length} tensors`, ...table(rows)];
}
