#include "cuda/memory.h"

#include <algorithm>
#include <utility>

namespace kdtalker::cuda {
namespace {

// Sizes are rounded so that clips of about the same length use each other's memory: to 1/8 of their power of
// two.
std::size_t Rounded(std::size_t bytes) {
  std::size_t step = 256;
  while (step * 16 <= bytes) step *= 2;
  return (std::max<std::size_t>(bytes, 1) + step - 1) / step * step;
}

bool AreDone(const std::vector<Streams::Mark>& marks) {
  return std::all_of(marks.begin(), marks.end(),
                     [](const Streams::Mark& mark) { return mark.progress->done.load() >= mark.given; });
}

}  // namespace

void Progress::Reach(std::uint64_t number) {
  std::uint64_t known = done.load();
  while (known < number && !done.compare_exchange_weak(known, number)) {
  }
  if (known >= number) return;
  for (const Followed& each : TakeFollowed(number)) {
    if (const auto other = each.other.lock()) other->Reach(each.number);
  }
}

void Progress::Follow(const std::shared_ptr<Progress>& other, std::uint64_t number) {
  if (other.get() == this) return;
  const std::lock_guard lock(mutex_);
  const auto same = [&](const Followed& each) { return each.other.lock() == other; };
  const auto found = std::find_if(followed_.begin(), followed_.end(), same);
  if (found != followed_.end()) {
    *found = {other, number, given.load()};
  } else {
    followed_.push_back({other, number, given.load()});
  }
}

std::vector<Progress::Followed> Progress::TakeFollowed(std::uint64_t upto) {
  const std::lock_guard lock(mutex_);
  const auto later = [&](const Followed& each) { return each.by > upto; };
  const auto end = std::stable_partition(followed_.begin(), followed_.end(), later);
  std::vector<Followed> taken(end, followed_.end());
  followed_.erase(end, followed_.end());
  return taken;
}

std::shared_ptr<Progress> Streams::Add() {
  auto progress = std::make_shared<Progress>();
  const std::lock_guard lock(mutex_);
  all_.push_back(progress);
  return progress;
}

void Streams::Remove(const std::shared_ptr<Progress>& progress) {
  const std::lock_guard lock(mutex_);
  all_.erase(std::remove(all_.begin(), all_.end(), progress), all_.end());
}

std::vector<Streams::Mark> Streams::Marks() {
  std::vector<Mark> marks;
  const std::lock_guard lock(mutex_);
  for (const auto& each : all_) {
    if (each->done.load() < each->given.load()) marks.push_back({each, each->given.load()});
  }
  return marks;
}

Memory::Memory(Source source, Streams& streams, std::uint64_t most)
    : source_(source), streams_(streams), most_(most) {}

Memory::~Memory() {
  GiveBack();
}

cudaError_t Memory::Allocate(std::size_t bytes, void** address) {
  const std::size_t size = Rounded(bytes);
  const std::lock_guard lock(mutex_);
  *address = Take(size);
  if (*address == nullptr) {
    cudaError_t error = AllocateNew(size, address);
    if (error == cudaErrorMemoryAllocation && !kept_.empty()) {
      GiveBack();
      error = AllocateNew(size, address);
    }
    if (error != cudaSuccess) return error;
  }
  sizes_.emplace(*address, size);
  used_ += size;
  return cudaSuccess;
}

void Memory::Release(void* address) {
  std::vector<Streams::Mark> marks = streams_.Marks();
  const std::lock_guard lock(mutex_);
  const auto found = sizes_.extract(address);
  if (found.empty()) return;
  used_ -= found.mapped();
  cached_ += found.mapped();
  kept_.emplace(found.mapped(), Block{address, std::move(marks)});
}

void* Memory::Take(std::size_t size) {
  const auto [begin, end] = kept_.equal_range(size);
  const auto block = std::find_if(begin, end, [](const auto& each) { return AreDone(each.second.marks); });
  if (block == end) return nullptr;
  void* address = block->second.address;
  kept_.erase(block);
  cached_ -= size;
  return address;
}

cudaError_t Memory::AllocateNew(std::size_t size, void** address) {
  if (most_ != 0 && used_ + cached_ + size > most_) return cudaErrorMemoryAllocation;
  const cudaError_t error = source_.allocate(address, size);
  if (error == cudaSuccess) {
    allocations_++;
  } else {
    *address = nullptr;
    cudaGetLastError();  // the runtime would give it again
  }
  return error;
}

// CUDA frees no memory that operations still use: its call waits for them.
void Memory::GiveBack() {
  for (const auto& [size, block] : kept_) source_.free(block.address);
  kept_.clear();
  cached_ = 0;
}

}  // namespace kdtalker::cuda
