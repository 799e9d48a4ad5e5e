/** The names of what a pack hears in speech, in the order of its channels. */

/** Curves of the mouth: how far it opens, spreads, rounds, presses its lips, bites the lower one and shows its teeth. */
export const CURVES = ['open', 'wide', 'round', 'press', 'bite', 'teeth'] as const;

/** The fifteen standard classes of visemes; `sil` is silence. */
export const CLASSES = [
  'sil',
  'PP',
  'FF',
  'TH',
  'DD',
  'kk',
  'CH',
  'SS',
  'nn',
  'RR',
  'aa',
  'E',
  'ih',
  'oh',
  'ou',
] as const;

export type VisemeCurve = (typeof CURVES)[number];
export type VisemeClass = (typeof CLASSES)[number];
