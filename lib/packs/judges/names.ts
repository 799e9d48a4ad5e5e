/** The networks of others that metrics need, in the order of lists. */
export const JUDGE_NAMES = ['syncnet', 's3fd', 'hopenet', 'mmod', 'inception', 'arcface'] as const;

/** The name of a judge. */
export type JudgeName = (typeof JUDGE_NAMES)[number];
