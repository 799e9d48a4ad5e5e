/** Sizes of the networks that see and draw pictures. The published ones are {@link PUBLISHED}; tests make smaller ones. */
export interface RendererShape {
  /** The feature volume: channels, depth, height and width. The networks' input picture is four times as wide, the output eight times. */
  volume: { channels: number; depth: number; side: number };
  /** Channels of the appearance extractor before the volume, at the picture's size, half and a quarter of it. */
  appearance: readonly [number, number, number];
  /** The motion extractor's blocks and channels of each stage. */
  motion: { depths: readonly number[]; widths: readonly number[] };
  /** Channels of the hourglass, each step half as wide as the one before, and on the way back. */
  hourglass: { down: readonly number[]; up: readonly number[] };
  /** Channels of the warped feature. */
  warped: number;
  /** Channels of the decoder at the volume's size, twice and four times of it, and between a SPADE's two convolutions. */
  decoder: { widths: readonly [number, number, number]; hidden: number };
}

/** ConvNeXt V2 tiny sees the motion; everything else is LivePortrait's. */
export const PUBLISHED: RendererShape = {
  volume: { channels: 32, depth: 16, side: 64 },
  appearance: [64, 128, 256],
  motion: { depths: [3, 3, 9, 3], widths: [96, 192, 384, 768] },
  hourglass: { down: [64, 128, 256, 512, 1024], up: [512, 256, 128, 64, 32] },
  warped: 256,
  decoder: { widths: [512, 256, 64], hidden: 128 },
};

/** Side of the networks' input picture in pixels. */
export const pictureOf = ({ volume }: RendererShape) => 4 * volume.side;

/** Side of the output picture in pixels. */
export const outputOf = ({ volume }: RendererShape) => 8 * volume.side;

/** The feature volume of the published networks. */
export const VOLUME = PUBLISHED.volume;
