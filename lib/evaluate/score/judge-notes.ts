import type { ListedJudges } from '../../packs/judges/list.js';
import type { LseKind } from '../lse-kinds.js';
import type { EvaluatePlan } from './options.js';

const LSE: Record<LseKind, string> = {
  track: 'LSE is of the longest track of a face',
  whole: 'LSE is of whole frames, squeezed to squares',
};

/** Which judges measured, and how: numbers of others compare only with the same. */
export function judgeNotes(
  judges: ListedJudges,
  { lse, lseReencode, device }: Pick<EvaluatePlan, 'lse' | 'lseReencode' | 'device'>,
): string[] {
  const made = Object.entries(judges).map(
    ([name, { source }]) => `judge ${name}: ${source.file}, SHA-256 ${source.sha256.slice(0, 12)}`,
  );
  const own = "faces are found by the library's own detector";
  return [
    ...made,
    ...(judges.syncnet ? [LSE[lse]] : []),
    ...(judges.syncnet && lseReencode
      ? ['LSE: pictures were encoded again as the published programs do']
      : []),
    ...(judges.syncnet && !judges.s3fd && lse === 'track'
      ? [`LSE: ${own}, not by S3FD: near published numbers, not equal`]
      : []),
    ...(made.length > 0 && device !== 'cpu'
      ? ["judges computed on a GPU: numbers of networks are within 1e-4 of a processor's"]
      : []),
    ...(judges.hopenet && !judges.mmod ? [`diversity: ${own}, not by dlib's`] : []),
  ];
}
