/** Pictures with more pixels are refused before anything is decoded; decoded they would take 360 MB. */
export const MAX_PIXELS = 120_000_000;
