/** Values of the pixels of a picture, row-major. */
export interface Plane {
  readonly data: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** Sobel's differences from left to right and from top to bottom, without a factor. */
export interface Gradient {
  readonly across: Float64Array;
  readonly down: Float64Array;
}

/** Sobel's operator, [1 2 1] times [-1 0 1]. Beyond the borders the picture is mirrored, and the edge's pixels are repeated. */
export function sobel({
  data,
  width,
  height,
}: {
  data: ArrayLike<number>;
  width: number;
  height: number;
}): Gradient {
  const across = new Float64Array(width * height);
  const down = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const [above, here, below] = [Math.max(y - 1, 0) * width, y * width, Math.min(y + 1, height - 1) * width];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(x - 1, 0), Math.min(x + 1, width - 1)];
      const aboveLeft = data[above + left]!;
      const aboveRight = data[above + right]!;
      const belowLeft = data[below + left]!;
      const belowRight = data[below + right]!;
      across[here + x] =
        aboveRight - aboveLeft + 2 * (data[here + right]! - data[here + left]!) + belowRight - belowLeft;
      down[here + x] =
        belowLeft - aboveLeft + 2 * (data[below + x]! - data[above + x]!) + belowRight - aboveRight;
    }
  }
  return { across, down };
}
