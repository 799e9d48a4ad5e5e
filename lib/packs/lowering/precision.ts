/** Element type of blocked activations and of laid out weights; sums are float32 in both. */
export type Precision = 'fp32' | 'bf16';
