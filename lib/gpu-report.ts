/** A GPU; `error` says why it cannot be used, `wrong` which part of the self-test has other numbers than the CPU. Both may be empty. */
export interface GpuReport {
  name: string;
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
