import { fileURLToPath } from 'node:url';
import { runtimeLibraries } from '../../dist/installed.js';

/** The library for GPUs on the double of CUDA, which `npm run build:cuda-double` makes: with it every machine has a `cuda:0`. */
export const CUDA_DOUBLE = fileURLToPath(
  new URL('../../build/cuda-double/libkdtalker_cuda_double.so', import.meta.url),
);

/** Whether `npm run test:gpu` runs tests on a GPU and its own library; what they plan to fail does not fail there. */
export const ON_GPU = process.env.KDTALKER_TEST_GPU === '1';

/** Why a test of planned failures is skipped. */
export const NEEDS_DOUBLE = ON_GPU && 'only the double fails as planned';

/** The environment of a process that takes the double. */
export const CUDA_ENVIRONMENT = ON_GPU ? {} : { KDTALKER_CUDA: CUDA_DOUBLE };

/** Makes this process take the double. To be called before the first GPU is asked for. */
export function takeCudaDouble(): void {
  Object.assign(process.env, CUDA_ENVIRONMENT);
}

/** ONNX Runtime with providers for GPUs, on doubles of them. */
export const RUNTIME_DOUBLE = fileURLToPath(
  new URL('../../build/cuda-double/runtime/libonnxruntime_double.so', import.meta.url),
);

/** The environment of a process whose GPU and providers are doubles. */
export const RUNTIME_ENVIRONMENT = {
  KDTALKER_CUDA: CUDA_DOUBLE,
  KDTALKER_ORT: RUNTIME_DOUBLE,
  KDTALKER_ORT_REAL: runtimeLibraries().library,
};

/** Makes this process take the doubles of CUDA and of ONNX Runtime's providers. To be called before either is used. */
export function takeRuntimeDouble(): void {
  Object.assign(process.env, RUNTIME_ENVIRONMENT);
}
