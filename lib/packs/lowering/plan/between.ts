import { DATA_TYPE, type EditableGraph, type EditableNode } from '../../onnx/index.js';
import type { ValueInfoMessage } from '../../onnx/proto.js';
import { intOf } from '../attributes.js';
import { BLOCK, blocksOf, DOMAIN } from '../domain.js';
import type { PlannedNetwork } from '../lower-pack.js';
import { infoOf } from '../portrait-split.js';

/**
 * Lets the feature that one network of a pack makes for another pass as blocks of halves, if both have it in blocks anyway: then neither
 * converts it. Does nothing where one of them needs floats, or the channels do not fill their blocks.
 */
export function passInHalves(networks: readonly PlannedNetwork[]): void {
  const [warp, decode] = ['warp', 'decode'].map((role) => networks.find((each) => each.role === role));
  const [made, read] = [warp?.outputs.feature, decode?.inputs.feature];
  if (made === undefined || read === undefined) return;
  const unblock = unblocking(warp!.graph, made);
  const blocks = blocking(decode!.graph, read);
  if (!unblock || !blocks) return;
  const { graph } = warp!;
  graph.replace(made, unblock.inputs[0]!);
  inBlocks(graph.outputs, made);
  graph.prune();
  for (const { outputs } of blocks) decode!.graph.replace(outputs[0]!, read);
  inBlocks(decode!.graph.inputs, read);
  decode!.graph.prune();
}

/** The node that makes an output of floats from blocks, if nothing else reads it and no block has lanes without a channel. */
function unblocking(graph: EditableGraph, output: string): EditableNode | undefined {
  const node = graph.producer(output);
  const alone = node?.domain === DOMAIN && node.type === 'Unblock' && graph.users(output).length === 0;
  return alone && intOf(node, 'channels', 0) % BLOCK === 0 ? node : undefined;
}

/** The nodes that make blocks of an input, if they are all that read it. */
function blocking(graph: EditableGraph, input: string): EditableNode[] | undefined {
  const users = graph.users(input);
  const all = users.length > 0 && users.every(({ domain, type }) => domain === DOMAIN && type === 'Block');
  return all && !graph.isOutput(input) ? users : undefined;
}

/** From now on a tensor [1, channels, ...] is blocks of halves. */
function inBlocks(infos: ValueInfoMessage[], name: string): void {
  const at = infos.findIndex((info) => info.name === name);
  const [, channels, ...cells] = infos[at]!.type!.tensorType!.shape!.dim.map(({ dimValue }) => dimValue!);
  infos[at] = infoOf(name, [blocksOf(channels!), ...cells, BLOCK], DATA_TYPE.float16);
}
