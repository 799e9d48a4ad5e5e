import { cannyEdges } from '../dist/evaluate/sharpness/canny.js';
import { blurHistogram, cpbd } from '../dist/evaluate/sharpness/cpbd.js';
import { edgeWidths, verticalEdges } from '../dist/evaluate/sharpness/edge-widths.js';
import { type GreyPicture, greyOf } from '../dist/evaluate/sharpness/grey.js';
import { evalJson, evalPicture, evalTensors, goldenCase, near } from './support/golden-eval.js';
import { fromSharp, toSharp } from './support/pictures.js';

const NAMES = ['sharp', 'blur1', 'blur2', 'bars', 'flat', 'noise'];

async function greyCase(name: string): Promise<GreyPicture> {
  return greyOf(await evalPicture(name));
}

goldenCase('grey is rounded as Pillow rounds', ['grey.png', 'grey_source.png'], async (t) => {
  const [found, wanted] = [await greyCase('grey_source.png'), await greyCase('grey.png')];
  t.same([found.width, found.height], [wanted.width, wanted.height]);
  near(t, found.data, wanted.data, 0, 'grey');
});

for (const name of NAMES) {
  const files = [`cpbd_${name}.png`, 'cpbd.safetensors', 'values.json'];
  goldenCase(`CPBD of ${name} equals the package's`, files, async (t) => {
    const grey = await greyCase(`cpbd_${name}.png`);
    const { cpbd: values } = evalJson('values.json') as { cpbd: Record<string, number> };
    near(t, blurHistogram(grey), evalTensors('cpbd.safetensors')(`${name}_histogram`).data, 0, 'histogram');
    t.equal(cpbd(grey), values[name]);
  });
}

goldenCase(
  'edges and widths of each pixel',
  ['cpbd_blur1.png', 'cpbd_bars.png', 'cpbd.safetensors'],
  async (t) => {
    const wanted = evalTensors('cpbd.safetensors');
    for (const name of ['blur1', 'bars']) {
      const grey = await greyCase(`cpbd_${name}.png`);
      const edges = verticalEdges(grey);
      near(t, edges, wanted(`${name}_edges`).data, 0, `edges of ${name}`);
      near(t, edgeWidths(grey, edges), wanted(`${name}_widths`).data, 0, `widths of ${name}`);
    }
    near(t, cannyEdges(await greyCase('cpbd_blur1.png')), wanted('blur1_canny').data, 0, 'Canny');
  },
);

goldenCase(
  'more blur is less sharp, and a picture below a block has no sharpness',
  ['portrait.png'],
  async (t) => {
    const picture = await evalPicture('portrait.png');
    const values = [cpbd(greyOf(picture))];
    for (const sigma of [1, 2, 4]) values.push(cpbd(greyOf(await fromSharp(toSharp(picture).blur(sigma)))));
    for (const [i, value] of values.entries()) if (i > 0) t.ok(value < values[i - 1]!, `${values}`);
    t.equal(cpbd({ data: new Uint8Array(63 * 63), width: 63, height: 63 }), 0);
  },
);
