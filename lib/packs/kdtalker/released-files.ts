import type { HubPath } from '../hub/listing.js';
import { LICENCES } from './licences.js';
import type { SourceFile } from './sources.js';

/** A released file of weights on the public hub. */
export interface ReleasedFile extends HubPath {
  /** Its name in the pack's sources. */
  source: SourceFile;
  licence: string;
  /** Whether its licence rules out commercial use. */
  nonCommercial: boolean;
}

const KDTALKER = 'ChaolongYang/KDTalker';
const LIVEPORTRAIT = 'KwaiVGI/LivePortrait';

/** Location and permitted use of each file. */
export const RELEASED_FILES: readonly ReleasedFile[] = [
  kdtalker('kdtalker', 'ckpts/KDTalker.pth', LICENCES.kdtalker),
  kdtalker('wav2lip', 'ckpts/wav2lip.pth', LICENCES.wav2lip),
  liveportrait('appearance_feature_extractor', 'base_models'),
  liveportrait('motion_extractor', 'base_models'),
  liveportrait('warping_module', 'base_models'),
  liveportrait('spade_generator', 'base_models'),
  liveportrait('stitching_retargeting_module', 'retargeting_models'),
];

function kdtalker(source: SourceFile, path: string, licence: string): ReleasedFile {
  return { source, repository: KDTALKER, path, licence, nonCommercial: true };
}

function liveportrait(source: SourceFile, folder: string): ReleasedFile {
  const path = `liveportrait/${folder}/${source}.pth`;
  return { source, repository: LIVEPORTRAIT, path, licence: LICENCES.liveportrait, nonCommercial: false };
}
