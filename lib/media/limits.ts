/** The most pixels of a picture. Larger ones are refused before decoding; decoded they would take 360 MB. */
export const MAX_PIXELS = 120_000_000;
