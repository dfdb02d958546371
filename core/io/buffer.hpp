// A run of bytes that grows without being cleared and keeps its memory when it shrinks: blocks
// pass through the pipelines in these, and are used again.
#pragma once

#include <cstring>
#include <memory>
#include <utility>

#include "core/base/bytes.hpp"

namespace tsb {

class Buffer {
public:
    Buffer() = default;
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        swap(other);
        return *this;
    }

    Bytes bytes() const noexcept { return {memory_.get(), size_}; }
    std::byte* data() noexcept { return memory_.get(); }
    std::size_t size() const noexcept { return size_; }

    /// Room for `capacity` bytes in all; the content is kept.
    void reserve(std::size_t capacity) {
        if (capacity <= capacity_) return;
        auto memory = std::make_unique_for_overwrite<std::byte[]>(capacity);
        if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
        memory_ = std::move(memory);
        capacity_ = capacity;
    }
    /// New bytes at the end are undefined.
    void resize(std::size_t size) {
        reserve(size);
        size_ = size;
    }
    void append(Bytes bytes) {
        if (bytes.empty()) return;
        const std::size_t old_size = size_;
        resize(old_size + bytes.size());
        std::memcpy(memory_.get() + old_size, bytes.data(), bytes.size());
    }
    void assign(Bytes bytes) {
        size_ = 0;
        append(bytes);
    }
    /// Forgets the first `count` bytes (at most size()) and moves the rest to the front.
    void drop_front(std::size_t count) {
        size_ -= count;
        if (count > 0 && size_ > 0) std::memmove(memory_.get(), memory_.get() + count, size_);
    }
    void swap(Buffer& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace tsb
