// PyTorch's bf16 is far slower than its float32 on a processor without bf16 instructions: half an hour for the full pack.

const INSTRUCTIONS = ['avx512_bf16', 'amx_bf16'];

/** Why a contender of this precision is skipped on a processor with this /proc/cpuinfo; undefined if it is not. */
export function bf16Refusal(precision, cpuinfo) {
  if (precision !== 'bf16') return undefined;
  const flags = cpuinfo.match(/^(?:flags|Features)\s*:(.*)$/m)?.[1].split(' ') ?? [];
  if (INSTRUCTIONS.some((name) => flags.includes(name))) return undefined;
  return `this processor has none of ${INSTRUCTIONS.join(', ')}: PyTorch would emulate bf16, far slower than its float32`;
}
