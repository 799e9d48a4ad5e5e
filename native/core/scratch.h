#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace kdtalker {

// Reusable working memory of operators, so that only the first run allocates. The process has one pool, freed
// with the last operator that holds it. Thread-safe.
class ScratchPool {
 public:
  // A piece on loan, 64-byte aligned; its destructor returns it.
  class Loan {
   public:
    Loan(Loan&& other) noexcept;
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Loan& operator=(Loan&&) = delete;
    ~Loan();

    template <class T = void>
    T* as() const {
      return static_cast<T*>(memory_);
    }

   private:
    friend class ScratchPool;
    Loan(ScratchPool& pool, void* memory, std::size_t bytes) : pool_(&pool), memory_(memory), bytes_(bytes) {}
    ScratchPool* pool_;
    void* memory_;
    std::size_t bytes_;
  };

  static std::shared_ptr<ScratchPool> Shared();

  ScratchPool() = default;
  ScratchPool(const ScratchPool&) = delete;
  ScratchPool& operator=(const ScratchPool&) = delete;
  ~ScratchPool();

  // Throws std::bad_alloc.
  Loan Take(std::size_t bytes);

 private:
  struct Piece {
    void* memory;
    std::size_t bytes;
  };
  void Give(void* memory, std::size_t bytes) noexcept;

  std::mutex mutex_;
  std::vector<Piece> idle_;  // room for every piece that exists, so that Give() never allocates
  std::size_t pieces_ = 0;
};

}  // namespace kdtalker
