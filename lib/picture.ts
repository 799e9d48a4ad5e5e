/**
 * Pixels in memory: sRGB, 3 bytes a pixel, rows from the top without padding. Whoever makes one (decodes, cuts, warps) sees that
 * there are `width * height * 3` bytes; whoever takes one trusts it.
 */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Opacity, a byte a pixel, 255 is opaque; the colours are straight, not premultiplied. Undefined: all is opaque. */
  readonly alpha?: Uint8Array | undefined;
}
