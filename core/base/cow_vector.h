#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace proctor {

/// A vector that is cheap to copy: elements live in shared immutable chunks, and
/// a chunk is copied when it is first changed after the vector was. A copy of
/// 1,000,000 elements costs as much as a copy of 4,000 pointers.
///
/// The loop thread owns the vector that changes; copies that were published are
/// only read, by any thread.
template <typename T, size_t kChunk = 256>
class CowVector {
  struct Chunk {
    uint64_t owner = 0;  ///< the vector that may change it; see token_
    std::vector<T> items;
  };

 public:
  CowVector() = default;
  CowVector(const CowVector& other) : chunks_(other.chunks_), size_(other.size_) {
    other.token_ = NewToken();  // from here on neither may change the chunks in place
  }
  CowVector& operator=(const CowVector& other) {
    CowVector copy(other);
    *this = std::move(copy);
    return *this;
  }
  CowVector(CowVector&& other) noexcept
      : chunks_(std::move(other.chunks_)),
        size_(std::exchange(other.size_, 0)),
        token_(std::exchange(other.token_, NewToken())) {}
  CowVector& operator=(CowVector&& other) noexcept {
    chunks_ = std::move(other.chunks_);
    size_ = std::exchange(other.size_, 0);
    token_ = std::exchange(other.token_, NewToken());
    return *this;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](size_t i) const { return chunks_[i / kChunk]->items[i % kChunk]; }

  /// The element, for changing. The reference is good until the next copy.
  T& Edit(size_t i) { return Own(i / kChunk).items[i % kChunk]; }

  void push_back(T item) {
    if (size_ % kChunk == 0) {
      chunks_.push_back(std::make_shared<Chunk>(Chunk{token_, {}}));
    }
    Own(size_ / kChunk).items.push_back(std::move(item));
    ++size_;
  }

  /// Forgets the oldest elements, a chunk of kChunk of them at once; there must be
  /// more than that. What was element kChunk is then element 0.
  void DropOldestChunk() {
    chunks_.erase(chunks_.begin());
    size_ -= kChunk;
  }
  static constexpr size_t chunk_size() { return kChunk; }

  void clear() {
    chunks_.clear();
    size_ = 0;
  }

  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    const_iterator() = default;
    const_iterator(const CowVector* v, size_t i) : vector_(v), index_(i) {}
    const T& operator*() const { return (*vector_)[index_]; }
    const T* operator->() const { return &(*vector_)[index_]; }
    const_iterator& operator++() {
      ++index_;
      return *this;
    }
    const_iterator operator++(int) {
      const_iterator old = *this;
      ++index_;
      return old;
    }
    bool operator==(const const_iterator& other) const { return index_ == other.index_; }

   private:
    const CowVector* vector_ = nullptr;
    size_t index_ = 0;
  };
  const_iterator begin() const { return {this, 0}; }
  const_iterator end() const { return {this, size_}; }

 private:
  static uint64_t NewToken() {
    static std::atomic<uint64_t> next{1};
    return next.fetch_add(1, std::memory_order_relaxed);
  }

  Chunk& Own(size_t index) {
    std::shared_ptr<Chunk>& chunk = chunks_[index];
    if (chunk->owner != token_) {
      chunk = std::make_shared<Chunk>(Chunk{token_, chunk->items});
    }
    return *chunk;
  }

  std::vector<std::shared_ptr<Chunk>> chunks_;
  size_t size_ = 0;
  mutable uint64_t token_ = NewToken();
};

}  // namespace proctor
