#!/usr/bin/env bash
# The product on a GPU that is lent for some minutes, on a machine with CUDA's compiler and neither Node nor a network.
#
#   benchmarks/gpu/lent.sh pack       here: puts what the machine lacks into build/lent, at most 64 MiB
#   benchmarks/gpu/lent.sh run OUT    there, in a copy of this checkout with build/lent: builds, checks, measures; results in OUT
#
# Every step of `run` has a time-out of its own and the next one goes on after a failure. PACK=DIR runs the bench on another pack too.
set -uo pipefail
cd "$(dirname "$0")/../.."
lent=build/lent
most=$((64 * 1024 * 1024))

# The folders of the packages that the library needs to run. ffmpeg stays here: the bench reads WAV and writes no video.
packages() {
  npm ls --omit=dev --all --parseable 2>/dev/null | sed -n 's|^.*/\(node_modules/\)|\1|p' | grep -v ffmpeg-installer
}

# What CMake asks for in a checkout, although the library for GPUs needs none of it.
headers='node_modules/com.github.asus4.onnxruntime/Plugins/iOS~/onnxruntime.xcframework/ios-arm64/onnxruntime.framework/Headers'

pack() {
  set -e
  # An addon of other sources would not take the library that is built there.
  npm run --silent build
  rm -rf "$lent"
  mkdir -p "$lent/there"
  strip -o "$lent/there/node" "$(command -v node)"
  cp -L node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1 "$lent/there/libonnxruntime.so"
  mkdir -p "$lent/there/include/doctest"
  cp "${DOCTEST:-/usr/include/doctest/doctest.h}" "$lent/there/include/doctest/"
  # shellcheck disable=SC2046 # one word for each package
  tar -cf - "$lent/there" dist build/Release/kdtalker.node "$headers" $(packages) | xz -6 -T0 >"$lent/product.tar.xz"
  rm -rf "$lent/there"
  local size
  size=$(stat -c %s "$lent/product.tar.xz")
  echo "$lent/product.tar.xz: $((size / 1024 / 1024)) MiB of 64"
  [ "$size" -le "$most" ]
}

# step NAME SECONDS COMMAND...: output in $out/NAME.log, and a line about how it ended.
step() {
  local name=$1 limit=$2 begun=$SECONDS status=0
  shift 2
  timeout --kill-after=5 "$limit" "$@" >"$out/$name.log" 2>&1 || status=$?
  echo "$name: status $status after $((SECONDS - begun)) s of $limit" | tee -a "$out/steps.txt"
  return "$status"
}

kdtalker() { "$root/node" bin/kdtalker.js "$@"; }

device() {
  nvidia-smi -q
  nvcc --version
}

# Python has xz where the machine has not.
unpack() {
  if command -v xz >/dev/null; then tar -xJf "$lent/product.tar.xz"; else
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall()' "$lent/product.tar.xz"
  fi
}

library() {
  cmake -S . -B "$root/cuda" -G 'Unix Makefiles' -DKDTALKER_CUDA=ON -DCMAKE_BUILD_TYPE=Release -Wno-dev \
    -DCMAKE_CUDA_ARCHITECTURES="${ARCHITECTURE:-90}-real" -DKDTALKER_CUDA_TESTS=ON -DKDTALKER_DOCTEST="$root/include" &&
    cmake --build "$root/cuda" --target kdtalker_cuda --parallel "$(nproc)" &&
    cp "$root/cuda/libkdtalker_cuda.so" build/Release/
}

# The kernels' tests, on the GPU.
kernels() {
  cmake --build "$root/cuda" --target kdtalker_gpu_tests --parallel "$(nproc)" && "$root/cuda/kdtalker_gpu_tests"
}

# Every kind of operation of a plan, on the GPU and on the processor.
plans() {
  cmake --build "$root/cuda" --target kdtalker_gpu_plan_tests --parallel "$(nproc)" &&
    KDTALKER_CUDA="$root/cuda/libkdtalker_cuda.so" "$root/cuda/kdtalker_gpu_plan_tests"
}

full() { kdtalker packs synthesize --salt golden --out "$root/full" && kdtalker packs compile "$root/full" --device cuda; }

lives() { "$root/node" benchmarks/gpu/lives.js cuda:0 "$@"; }

bench() { kdtalker bench --device cuda:0 "$@"; }

# Every layer of a pack beside PyTorch, if the machine's Python has it.
layers() {
  local python=${KDTALKER_PYTHON:-python3}
  KDTALKER_PYTHON=$(command -v "$python" || true) "$root/node" benchmarks/gpu/layers.js cuda:0 "$@"
}

# Each tool has its time, since one that is slow must not keep the others from running.
sanitize() {
  local tool status=0
  for tool in memcheck racecheck synccheck initcheck; do
    echo "== $tool"
    timeout 40 compute-sanitizer --tool "$tool" --error-exitcode 9 "$root/cuda/kdtalker_gpu_tests" || status=$?
  done
  return "$status"
}

profile() { ncu --set detailed --csv --launch-count 40 "$root/node" bin/kdtalker.js doctor; }

run() {
  out=$1
  root=$PWD/$lent/there
  mkdir -p "$out"
  export KDTALKER_ORT="$root/libonnxruntime.so" KDTALKER_CACHE="$root/cache"
  export -f kdtalker device unpack library kernels plans lives full bench layers sanitize profile
  export lent root out
  step device 30 bash -c device
  step unpack 90 bash -c unpack || return 1
  step library 240 bash -c library
  step kernels 120 bash -c kernels
  step plans 120 bash -c plans
  step doctor 60 bash -c 'kdtalker doctor --json'
  step lives 60 bash -c lives
  step bench-puppet 90 bash -c 'bench --workloads puppet --json "$out/bench-puppet.json"'
  if [ -n "${PACK:-}" ]; then step bench-pack 180 bash -c 'bench --workloads full --pack "$PACK" --json "$out/bench-pack.json"'; else
    step full 150 bash -c full &&
      step bench-full 180 bash -c 'bench --workloads full --rounds 1 --pack "$root/full" --json "$out/bench-full.json"'
  fi
  export PACK="${PACK:-$root/full}"
  [ -e "$PACK/pack.json" ] && step layers 90 bash -c 'layers "$PACK" "$out/layers.json"'
  command -v compute-sanitizer >/dev/null && step sanitizer 170 bash -c sanitize
  command -v ncu >/dev/null && step profile 60 bash -c profile
  cat "$out/steps.txt"
}

case ${1:-} in
  pack) pack ;;
  run) run "$(realpath -m "${2:?the folder for the results}")" ;;
  *)
    sed -n '2,8s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
