// Settings of the double of CUDA, changed while a process runs and its GPU does nothing.
export function configure(settings) {
  process.env.KDTALKER_CUDA_DOUBLE = settings;
  process.dlopen({ exports: {} }, process.env.KDTALKER_CUDA);
}
