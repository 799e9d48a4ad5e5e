// Converts the renderer's planar floats [3, height, width], from 0 to 1, to 8-bit pixels. A level is trunc(255 v).

/** RGB24. */
export function toRgb(image, out) {
  const plane = image.length / 3;
  for (let i = 0, to = 0; i < plane; i++, to += 3) {
    out[to] = Math.fround(image[i] * 255);
    out[to + 1] = Math.fround(image[plane + i] * 255);
    out[to + 2] = Math.fround(image[2 * plane + i] * 255);
  }
}

/** I420, BT.709, limited range; weights in 1/65536, chroma of the mean of a 2 x 2 block. Even sizes. */
export function toYuv(image, width, height, out) {
  const plane = width * height;
  let cb = plane;
  let cr = plane + plane / 4;
  for (let y = 0; y < height; y += 2) {
    for (let at = y * width; at < (y + 1) * width; at += 2) {
      let r = 0;
      let g = 0;
      let b = 0;
      for (let k = 0; k < 4; k++) {
        const i = at + (k & 1) + (k >> 1) * width;
        const red = Math.fround(image[i] * 255) | 0;
        const green = Math.fround(image[plane + i] * 255) | 0;
        const blue = Math.fround(image[2 * plane + i] * 255) | 0;
        out[i] = 16 + ((11966 * red + 40254 * green + 4064 * blue + 32768) >> 16);
        r += red;
        g += green;
        b += blue;
      }
      out[cb++] = (MIDDLE - 6596 * r - 22189 * g + 28785 * b) >> 18;
      out[cr++] = (MIDDLE + 28784 * r - 26145 * g - 2639 * b) >> 18;
    }
  }
}

const MIDDLE = (128 << 18) + (1 << 17);
