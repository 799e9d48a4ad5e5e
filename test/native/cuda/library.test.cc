// The library through its C interface, as the engine uses it.
#include <cstring>
#include <string>
#include <vector>

#include "core/kernel_list.h"
#include "cuda/abi.h"
#include "cuda/array.h"
#include "kernels/normal.h"
#include "kernels/set_timestep.h"

namespace {

using namespace kdtalker;

const cuda::Api& Library() {
  return *kdtalker_cuda(cuda::kAbiVersion);
}

#define DONE(call) REQUIRE((call) == 0)

class Opened {
 public:
  explicit Opened(std::uint64_t most = 0) { DONE(Library().open(0, most, &device)); }
  ~Opened() { Library().close(device); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  cuda::Stream* MakeStream() const {
    cuda::Stream* stream = nullptr;
    DONE(Library().make_stream(device, true, &stream));
    return stream;
  }
  void* Allocate(std::size_t bytes) const {
    void* address = nullptr;
    DONE(Library().allocate(device, bytes, &address));
    return address;
  }
  cuda::MemoryUse Use() const {
    cuda::MemoryUse use{};
    DONE(Library().memory(device, &use));
    return use;
  }

  cuda::Device* device = nullptr;
};

template <class Kernel>
cuda::Status LaunchOn(cuda::Stream* stream, kernels::Number number, const Kernel& kernel) {
  return Library().launch(stream, static_cast<int>(number), &kernel, sizeof(kernel));
}

struct Configured {
  explicit Configured(const std::string& text) { fake::Configure(text); }
  ~Configured() { fake::Configure(""); }
};

TEST_CASE("library: another version of the interface is not served") {
  CHECK(kdtalker_cuda(cuda::kAbiVersion + 1) == nullptr);
  CHECK(Library().functors == kernels::ListHash());
}

TEST_CASE("library: properties, versions and names of errors") {
  const Configured configured("capability=89 devices=2");
  int driver = 0, runtime = 0, devices = 0;
  DONE(Library().versions(&driver, &runtime));
  CHECK(driver == 13000);
  DONE(Library().count(&devices));
  CHECK(devices == 2);
  cuda::Properties properties{};
  DONE(Library().properties(1, &properties));
  CHECK(properties.capability == 89);
  CHECK(std::string(properties.uuid) == "GPU-00000000-0000-0000-0000-000000000002");
  CHECK(properties.multiprocessors == 4);
  CHECK(Library().properties(2, &properties) == cudaErrorInvalidDevice);
  CHECK(std::string(Library().name_of(2)) == "cudaErrorMemoryAllocation");
}

TEST_CASE("library: an instance of MIG has its own name, UUID and multiprocessors") {
  const Configured configured("mig=1");
  cuda::Properties properties{};
  DONE(Library().properties(0, &properties));
  CHECK(std::string(properties.uuid) == "MIG-00000000-0000-0000-0000-000000000001");
  CHECK(properties.multiprocessors == 2);
}

TEST_CASE("library: the self-test holds in each order") {
  InEachOrder([] {
    const Opened opened;
    const char* wrong = "not run";
    DONE(Library().self_test(opened.device, &wrong));
    CHECK(wrong == nullptr);
    CHECK(opened.Use().used == 0);
  });
}

TEST_CASE("library: a functor runs by its number, and another size or number is refused") {
  const Opened opened;
  cuda::Stream* stream = opened.MakeStream();
  auto* value = static_cast<std::int64_t*>(opened.Allocate(sizeof(std::int64_t)));
  void* host = nullptr;
  DONE(Library().allocate_host(opened.device, sizeof(std::int64_t), &host));
  const kernels::SetTimestep set{value, 42};
  DONE(LaunchOn(stream, kernels::Number::kSetTimestep, set));
  DONE(Library().copy(stream, host, value, sizeof(std::int64_t), cuda::Direction::kOut));
  DONE(Library().synchronise(stream));
  CHECK(*static_cast<std::int64_t*>(host) == 42);
  CHECK(LaunchOn(stream, kernels::Number::kFillNormal, set) == cudaErrorInvalidValue);
  CHECK(LaunchOn(stream, kernels::Number::kCount, set) == cudaErrorInvalidValue);
  DONE(LaunchOn(stream, kernels::Number::kFillNormal,
                kernels::FillNormal{nullptr, 0, 0, 0, 0, kernels::NoisePurpose::kInitial}));
  cuda::Counters counters{};
  Library().counters(opened.device, &counters);
  CHECK(counters.synchronisations == 1);
  Library().release(opened.device, value);
  Library().release_host(opened.device, host);
  Library().destroy_stream(stream);
}

TEST_CASE("library: a graph runs what was captured at each launch, and not before") {
  InEachOrder([] {
    const Opened opened;
    cuda::Stream* stream = opened.MakeStream();
    auto* value = static_cast<std::int64_t*>(opened.Allocate(sizeof(std::int64_t)));
    void* host = nullptr;
    DONE(Library().allocate_host(opened.device, sizeof(std::int64_t), &host));
    const auto fetched = [&] {
      DONE(Library().copy(stream, host, value, sizeof(std::int64_t), cuda::Direction::kOut));
      DONE(Library().synchronise(stream));
      return *static_cast<std::int64_t*>(host);
    };
    DONE(LaunchOn(stream, kernels::Number::kSetTimestep, kernels::SetTimestep{value, 1}));
    DONE(Library().begin_capture(stream));
    DONE(LaunchOn(stream, kernels::Number::kSetTimestep, kernels::SetTimestep{value, 2}));
    cuda::Graph* graph = nullptr;
    DONE(Library().end_capture(stream, &graph));
    CHECK(fetched() == 1);
    for (int i = 0; i < 2; i++) {
      DONE(LaunchOn(stream, kernels::Number::kSetTimestep, kernels::SetTimestep{value, 3}));
      DONE(Library().launch_graph(graph, stream));
      CHECK(fetched() == 2);
    }
    Library().destroy_graph(graph);
    Library().release(opened.device, value);
    Library().release_host(opened.device, host);
    Library().destroy_stream(stream);
  });
}

TEST_CASE("library: a graph and a stream that go have done what they were given") {
  const Configured configured("late=1");
  const Opened opened;
  auto* value = static_cast<std::int64_t*>(opened.Allocate(sizeof(std::int64_t)));
  void* host = nullptr;
  DONE(Library().allocate_host(opened.device, sizeof(std::int64_t), &host));
  cuda::Stream* stream = opened.MakeStream();
  const auto give = [&](std::int64_t number) {
    DONE(LaunchOn(stream, kernels::Number::kSetTimestep, kernels::SetTimestep{value, number}));
    DONE(Library().copy(stream, host, value, sizeof(std::int64_t), cuda::Direction::kOut));
  };
  DONE(Library().begin_capture(stream));
  give(7);
  cuda::Graph* graph = nullptr;
  DONE(Library().end_capture(stream, &graph));
  DONE(Library().launch_graph(graph, stream));
  Library().destroy_graph(graph);
  CHECK(*static_cast<std::int64_t*>(host) == 7);
  give(8);
  Library().destroy_stream(stream);
  CHECK(*static_cast<std::int64_t*>(host) == 8);
  Library().release(opened.device, value);
  Library().release_host(opened.device, host);
}

TEST_CASE("library: timed events measure, and say when they are not done") {
  const Configured configured("late=1");
  const Opened opened;
  cuda::Stream* stream = opened.MakeStream();
  cuda::Event *begin = nullptr, *end = nullptr, *untimed = nullptr;
  DONE(Library().make_event(opened.device, true, &begin));
  DONE(Library().make_event(opened.device, true, &end));
  DONE(Library().make_event(opened.device, false, &untimed));
  DONE(Library().record(begin, stream));
  DONE(Library().record(end, stream));
  DONE(Library().record(untimed, stream));
  float milliseconds = -1;
  CHECK(Library().elapsed(begin, end, &milliseconds) == cuda::kNotReady);
  DONE(Library().synchronise_event(end));
  DONE(Library().elapsed(begin, end, &milliseconds));
  CHECK(milliseconds >= 0);
  CHECK(Library().elapsed(begin, untimed, &milliseconds) == cudaErrorInvalidValue);
  for (cuda::Event* each : {begin, end, untimed}) Library().destroy_event(each);
  Library().destroy_stream(stream);
}

TEST_CASE("library: released memory is used again when the work before its release is known to be done") {
  const Opened opened;
  cuda::Stream* stream = opened.MakeStream();
  void* first = opened.Allocate(5000);
  const kernels::FillNormal fill{static_cast<float*>(first), 1000, 1, 0, 0, kernels::NoisePurpose::kInitial};
  DONE(LaunchOn(stream, kernels::Number::kFillNormal, fill));
  Library().release(opened.device, first);
  void* second = opened.Allocate(5000);
  CHECK(second != first);
  DONE(Library().synchronise(stream));
  void* third = opened.Allocate(4990);
  CHECK(third == first);
  for (void* each : {second, third}) Library().release(opened.device, each);
  CHECK(opened.Use().cached == 2 * 5120);
  Library().destroy_stream(stream);
}

TEST_CASE("library: an event that was waited for says how far its stream is") {
  const Opened opened;
  cuda::Stream* stream = opened.MakeStream();
  cuda::Event* event = nullptr;
  DONE(Library().make_event(opened.device, false, &event));
  void* first = opened.Allocate(64);
  const kernels::SetTimestep set{static_cast<std::int64_t*>(first), 1};
  DONE(LaunchOn(stream, kernels::Number::kSetTimestep, set));
  Library().release(opened.device, first);
  DONE(Library().record(event, stream));
  DONE(Library().synchronise_event(event));
  void* second = opened.Allocate(64);
  CHECK(second == first);
  Library().release(opened.device, second);
  Library().destroy_event(event);
  Library().destroy_stream(stream);
}

TEST_CASE("library: the cap counts what is kept, which is given back before memory is refused") {
  const Opened opened(1 << 20);
  void* half = opened.Allocate(1 << 19);
  Library().release(opened.device, half);
  void* whole = opened.Allocate((1 << 20) - 100);
  CHECK(opened.Use().cached == 0);
  void* more = &whole;
  CHECK(Library().allocate(opened.device, 1, &more) == cudaErrorMemoryAllocation);
  CHECK(more == nullptr);
  Library().release(opened.device, whole);
  CHECK(opened.Use().used == 0);
}

TEST_CASE("library: a planned lack of memory is met by what is kept, then said once") {
  const Opened opened;
  void* kept = opened.Allocate(1000);
  Library().release(opened.device, kept);
  void* address = nullptr;
  {
    const Configured configured("fail=cudaMalloc:0:2");
    DONE(Library().allocate(opened.device, 100000, &address));
  }
  Library().release(opened.device, address);
  {
    const Configured configured("memory=1");
    CHECK(Library().allocate(opened.device, 1 << 24, &address) == cudaErrorMemoryAllocation);
  }
  DONE(Library().allocate(opened.device, 1 << 24, &address));
  Library().release(opened.device, address);
}

TEST_CASE("library: a lost device gives its error to every call, and everything can be released") {
  for (int call = 0; call < 12; call++) {
    CAPTURE(call);
    const Opened opened;
    cuda::Stream* stream = opened.MakeStream();
    void* address = opened.Allocate(64);
    cuda::Status status = 0;
    {
      const Configured configured("lose=" + std::to_string(call) + ":700");
      const kernels::SetTimestep set{static_cast<std::int64_t*>(address), 1};
      for (int i = 0; i < 6 && status == 0; i++) {
        status = LaunchOn(stream, kernels::Number::kSetTimestep, set);
        if (status == 0) status = Library().synchronise(stream);
      }
      CHECK(status == cudaErrorIllegalAddress);
      CHECK(Library().allocate(opened.device, 1 << 20, &address) == cudaErrorIllegalAddress);
    }
    Library().release(opened.device, address);
    Library().destroy_stream(stream);
  }
}

}  // namespace
