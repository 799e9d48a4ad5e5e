export { Checkpoint, type CheckpointFormat, openCheckpoint } from './checkpoint.js';
export type { ElementArray, ElementType } from './element-types.js';
export { toFloats } from './element-types.js';
export { PythonName, PythonObject, type PythonValue } from './python-values.js';
export { STATE_PREFIXES, type State, type StateQuery, selectState } from './state.js';
export type { LoadedTensor, TensorInfo } from './tensor-view.js';
