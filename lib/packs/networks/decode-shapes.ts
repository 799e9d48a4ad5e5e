import { PUBLISHED, type RendererShape } from './renderer-shape.js';

type Widths = RendererShape['decoder']['widths'];

/** Blocks at the volume's size. */
export const MIDDLE_BLOCKS = [
  'G_middle_0',
  'G_middle_1',
  'G_middle_2',
  'G_middle_3',
  'G_middle_4',
  'G_middle_5',
] as const;

/** A residual block of the decoder, by its name in the checkpoint. */
export type DecoderBlock = (typeof MIDDLE_BLOCKS)[number] | 'up_0' | 'up_1';

/** Input and output channels of a block. The smaller number is also the width between its two convolutions. */
export function blockWidths(block: DecoderBlock, [wide, half, narrow]: Widths): [number, number] {
  if (block === 'up_0') return [wide, half];
  return block === 'up_1' ? [half, narrow] : [wide, wide];
}

/** Shape of the spectrally normalised weight of a layer such as `up_0.conv_s`: out, in, height, width. */
export function spectralWeightShape(
  layer: string,
  widths: Widths = PUBLISHED.decoder.widths,
): [number, number, number, number] {
  const [block, convolution] = layer.split('.') as [DecoderBlock, 'conv_0' | 'conv_1' | 'conv_s'];
  const [from, to] = blockWidths(block, widths);
  const between = Math.min(from, to);
  const shapes = { conv_0: [between, from, 3, 3], conv_1: [to, between, 3, 3], conv_s: [to, from, 1, 1] };
  return shapes[convolution] as [number, number, number, number];
}
