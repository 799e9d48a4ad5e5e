/** Passes of the power iteration for formula weights. */
const PASSES = 8;

/**
 * The vectors that a spectrally normalised layer stores beside its weight W [u.length, rest]: near its first singular
 * vectors, after a few passes v = W'u / |W'u|, u = Wv / |Wv| from `start`. Float64, rounded at the end.
 */
export function spectralVectors(
  weight: Float32Array,
  start: Float32Array,
): { u: Float32Array; v: Float32Array } {
  let u = normalised(Float64Array.from(start));
  let v = new Float64Array();
  for (let pass = 0; pass < PASSES; pass++) {
    v = normalised(timesTransposed(weight, u));
    u = normalised(times(weight, v));
  }
  return { u: Float32Array.from(u), v: Float32Array.from(v) };
}

/** The spectral norm u'Wv, the divisor of a layer's weight. */
export function spectralNorm(weight: Float32Array, u: Float32Array, v: Float32Array): number {
  const image = times(weight, Float64Array.from(v));
  return image.reduce((sum, value, row) => sum + value * u[row]!, 0);
}

/** W v; the rows of W are as long as v. */
function times(weight: Float32Array, v: Float64Array): Float64Array {
  const out = new Float64Array(weight.length / v.length);
  for (let row = 0, i = 0; row < out.length; row++) {
    let sum = 0;
    for (let column = 0; column < v.length; column++, i++) sum += weight[i]! * v[column]!;
    out[row] = sum;
  }
  return out;
}

/** W'u; W has as many rows as u is long. */
function timesTransposed(weight: Float32Array, u: Float64Array): Float64Array {
  const out = new Float64Array(weight.length / u.length);
  for (let row = 0, i = 0; row < u.length; row++) {
    const factor = u[row]!;
    for (let column = 0; column < out.length; column++, i++) out[column]! += weight[i]! * factor;
  }
  return out;
}

function normalised(vector: Float64Array): Float64Array<ArrayBuffer> {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return Float64Array.from(vector, (value) => value / length);
}
