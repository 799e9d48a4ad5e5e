#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace kdtalker::stages {

// A block of floats from malloc that grows at its end. realloc grows a large block; on Linux it moves pages
// and copies nothing, so growth costs neither time nor memory for a second copy. Move-only.
class GrowingFloats {
 public:
  GrowingFloats() = default;
  GrowingFloats(GrowingFloats&& other) noexcept { *this = std::move(other); }
  GrowingFloats& operator=(GrowingFloats&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  GrowingFloats(const GrowingFloats&) = delete;
  GrowingFloats& operator=(const GrowingFloats&) = delete;
  ~GrowingFloats() { std::free(data_); }

  // Returns uninitialised space for `count` more at the end, valid until the next call. Throws
  // std::bad_alloc.
  float* Extend(std::size_t count) {
    if (size_ + count > capacity_)
      Reserve(std::max(size_ + count, capacity_ + std::max(capacity_ / 8, kLeast)));
    float* added = data_ + size_;
    size_ += count;
    return added;
  }

  const float* data() const { return data_; }
  std::size_t size() const { return size_; }

  // Returns the block, which the caller must free with free; this object is empty afterwards.
  std::unique_ptr<void, void (*)(void*)> Release() {
    size_ = capacity_ = 0;
    return {std::exchange(data_, nullptr), [](void* block) { std::free(block); }};
  }

 private:
  static constexpr std::size_t kLeast = std::size_t{1} << 16;

  void Reserve(std::size_t capacity) {
    void* block = std::realloc(data_, capacity * sizeof(float));
    if (block == nullptr) throw std::bad_alloc();
    data_ = static_cast<float*>(block);
    capacity_ = capacity;
  }

  float* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace kdtalker::stages
