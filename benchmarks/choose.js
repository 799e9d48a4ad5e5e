import { KdtalkerError } from '../dist/errors.js';
import { inChild } from './children.js';
import { CONTENDERS, REFERENCE } from './contenders/index.js';

/** The contenders with the given names, or all. @throws INVALID_ARGUMENT */
export function chooseContenders(names = CONTENDERS.map(({ name }) => name)) {
  const wrong = names.find((name) => !CONTENDERS.some((contender) => contender.name === name));
  if (wrong === undefined) return CONTENDERS.filter(({ name }) => names.includes(name));
  const known = CONTENDERS.map(({ name }) => name).join(', ');
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected contenders for --contenders but received '${wrong}'. There are ${known}`,
  );
}

/**
 * Finds the contenders that do any of the workloads and can run here; includes the reference even if it is not measured.
 *
 * @returns {contenders, skipped: {contender, reason}[], versions: reported by the contenders, by their code}
 */
export async function contendersFor(wanted, workloads, settings) {
  const busy = wanted.filter(({ name }) => workloads.some(({ by }) => by.includes(name)));
  const contenders = [];
  const skipped = [];
  const versions = {};
  for (const contender of busy) {
    settings.progress(`looking for ${contender.label}`);
    const { refused, version } = await inChild(contender, 'available', {
      ...settings,
      threads: Math.max(...settings.threads),
    });
    if (refused !== undefined && contender.name === REFERENCE) throw new Error(refused);
    if (refused === undefined) contenders.push(contender);
    else skipped.push({ contender: contender.name, reason: refused });
    if (version !== undefined) versions[contender.code] = version;
  }
  return { contenders, skipped, versions };
}

/** The missing contenders, and the reasons. */
export function skippedLines(skipped) {
  return skipped.map(({ contender, reason }) => `without ${contender}: ${reason}`);
}
