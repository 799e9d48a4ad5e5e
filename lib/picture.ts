/**
 * Pixels in memory: sRGB, 3 bytes a pixel, rows from the top without padding. Code that makes a picture (decodes, cuts, warps) ensures
 * that there are `width * height * 3` bytes; code that receives one trusts it.
 */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Opacity, a byte a pixel, 255 is opaque; the colours are straight, not premultiplied. Undefined: all is opaque. */
  readonly alpha?: Uint8Array | undefined;
}
