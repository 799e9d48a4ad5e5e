import ort from 'onnxruntime-node';

const ARRAYS = { float32: Float32Array, int64: BigInt64Array };

/** A network of a pack, with input and output tensors that are allocated once. */
export class Network {
  #session;
  #feeds;
  #fetches;

  /**
   * @param pack of readPack()
   * @param role a name of pack.json
   * @param given existing arrays for inputs, by the role's word for the tensor
   * @param skip unused outputs, by the role's word
   * @param dims sizes of tensors whose graph leaves them open, by word
   */
  static async open(pack, role, { threads, given = {}, dims = {}, skip = [] }) {
    const session = await ort.InferenceSession.create(pack.file(role), {
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
    });
    return new Network(session, withoutOutputs(pack.manifest.roles[role], skip), given, dims);
  }

  constructor(session, { inputs, outputs }, given, dims) {
    const make = (metadata, names, arrays) =>
      Object.entries(names).map(([word, name]) => {
        const { type, shape } = metadata.find((slot) => slot.name === name);
        return [word, name, tensorOf(type, dims[word] ?? shape, arrays[word])];
      });
    const slots = [make(session.inputMetadata, inputs, given), make(session.outputMetadata, outputs, {})];
    this.#session = session;
    [this.#feeds, this.#fetches] = slots.map((list) =>
      Object.fromEntries(list.map(([, name, tensor]) => [name, tensor])),
    );
    /** Arrays by the role's word for the tensor. */
    [this.inputs, this.outputs] = slots.map((list) =>
      Object.fromEntries(list.map(([word, , { data }]) => [word, data])),
    );
  }

  async run() {
    await this.#session.run(this.#feeds, this.#fetches);
  }
}

function withoutOutputs({ inputs, outputs }, skip) {
  const kept = Object.entries(outputs).filter(([word]) => !skip.includes(word));
  return { inputs, outputs: Object.fromEntries(kept) };
}

function tensorOf(type, shape, given) {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return new ort.Tensor(type, given ?? new ARRAYS[type](size), shape);
}
