import { fileURLToPath } from 'node:url';

/** The library for GPUs on the double of CUDA, which `npm run build:cuda-double` makes: with it every machine has a `cuda:0`. */
export const CUDA_DOUBLE = fileURLToPath(
  new URL('../../build/cuda-double/libkdtalker_cuda_double.so', import.meta.url),
);

/** Makes this process take the double. To be called before the first GPU is asked for. */
export function takeCudaDouble(): void {
  process.env.KDTALKER_CUDA = CUDA_DOUBLE;
}
