import { warnOnce } from '../../warnings.js';

/** Warns, once for each pack, that ONNX Runtime's provider captures no CUDA graphs of one of its networks. Returns the sentence. */
export function warnOfGraphs(pack: string, why: string): string {
  const message = `Expected CUDA graphs of pack '${pack}' but ONNX Runtime has none of ${why}. Its kernels are given singly. Use graphs: false`;
  warnOnce('GRAPHS_REFUSED', message, pack);
  return message;
}
