/** Element type of blocked activations and of laid out weights; sums are float32 in both. */
export type Precision = CpuPrecision | 'fp16';

/** Those of the processor; `'fp16'` is a GPU's. */
export type CpuPrecision = 'fp32' | 'bf16';
