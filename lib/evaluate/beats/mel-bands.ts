/** Slaney's mel scale: linear to 1000 Hz, logarithmic above. */
const LINEAR = 200 / 3;
const KNEE = 1000;
const STEP = Math.log(6.4) / 27;

function toMel(hertz: number): number {
  return hertz < KNEE ? hertz / LINEAR : KNEE / LINEAR + Math.log(hertz / KNEE) / STEP;
}

function toHertz(mel: number): number {
  const knee = KNEE / LINEAR;
  return mel < knee ? mel * LINEAR : KNEE * Math.exp(STEP * (mel - knee));
}

/** One triangular band: weights of the bins from `first` on. */
interface Band {
  first: number;
  weights: Float64Array;
}

/** Triangles of equal area from 0 Hz to half the rate, as librosa makes them. */
export function melBands(count: number, size: number, sampleRate: number): Band[] {
  const top = toMel(sampleRate / 2);
  const edges = Array.from({ length: count + 2 }, (_, i) => toHertz((top * i) / (count + 1)));
  return Array.from({ length: count }, (_, band) => triangle(edges.slice(band, band + 3), size, sampleRate));
}

function triangle(edges: readonly number[], size: number, sampleRate: number): Band {
  const [low, middle, high] = edges as [number, number, number];
  const area = 2 / (high - low);
  const first = Math.ceil((low * size) / sampleRate);
  const last = Math.min(Math.floor((high * size) / sampleRate), size / 2);
  const weights = Float64Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => {
    const hertz = ((first + i) * sampleRate) / size;
    return area * Math.max(0, Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle)));
  });
  return { first, weights };
}

/** The energy of a power spectrum in a band. */
export function energyIn({ first, weights }: Band, power: Float64Array): number {
  let energy = 0;
  for (let i = 0; i < weights.length; i++) energy += weights[i]! * power[first + i]!;
  return energy;
}
