/** The two published procedures of LSE: of the longest track of a face, or of the whole frame. */
export const LSE_KINDS = ['track', 'whole'] as const;

/** The name of a procedure. */
export type LseKind = (typeof LSE_KINDS)[number];
