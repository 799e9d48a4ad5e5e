/** Widths of the decoder's blocks: input and output channels. The smaller one is also the width between the two convolutions. */
export const DECODER_BLOCKS = {
  G_middle_0: [512, 512],
  G_middle_1: [512, 512],
  G_middle_2: [512, 512],
  G_middle_3: [512, 512],
  G_middle_4: [512, 512],
  G_middle_5: [512, 512],
  up_0: [512, 256],
  up_1: [256, 64],
} as const;

/** A residual block of the decoder, by its name in the checkpoint. */
export type DecoderBlock = keyof typeof DECODER_BLOCKS;

/** Shape of the spectrally normalised weight of a layer such as `up_0.conv_s`: out, in, height, width. */
export function spectralWeightShape(layer: string): [number, number, number, number] {
  const [block, convolution] = layer.split('.') as [DecoderBlock, 'conv_0' | 'conv_1' | 'conv_s'];
  const [from, to] = DECODER_BLOCKS[block];
  const between = Math.min(from, to);
  const shapes = { conv_0: [between, from, 3, 3], conv_1: [to, between, 3, 3], conv_s: [to, from, 1, 1] };
  return shapes[convolution] as [number, number, number, number];
}
