// Nothing but names: stands for libraries of NVIDIA and for those of the providers.
extern "C" __attribute__((visibility("default"))) int getInferLibVersion() {
  return 100900;
}
