/** A GPU; `error` says why it cannot be used, `wrong` which part of the self-test has other numbers than the CPU. Both may be empty. */
export interface GpuReport {
  name: string;
  /** As `nvidia-smi -L` writes it: GPU-..., or MIG-... of an instance of MIG. */
  uuid: string;
  /** 89 is 8.9. */
  capability: number;
  multiprocessors: number;
  bytes: number;
  free: number;
  error: string;
  wrong: string;
}

/** The library for GPUs, and what it sees. Versions are those of CUDA, as 13000. */
export interface GpuReports {
  library: string;
  driver: number;
  runtime: number;
  gpus: GpuReport[];
}

/** A provider of ONNX Runtime for GPUs. */
export interface ProviderReport {
  /** '' if there is none. */
  library: string;
  /** Whether ONNX Runtime has its half of it inside, or it is registered. */
  form: 'inside' | 'plugin';
  /** Why it cannot be used, and what to install; '' if all of its libraries are there. */
  error: string;
}
