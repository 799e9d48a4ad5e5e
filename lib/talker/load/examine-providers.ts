/** Prints what ONNX Runtime's providers for GPUs need and have, as JSON. A program of its own: it opens the libraries of NVIDIA. */
import { native } from '../../binding.js';

const { examineProvider } = native();
const found = { cuda: await examineProvider('cuda'), tensorrt: await examineProvider('tensorrt') };
process.stdout.write(JSON.stringify(found));
