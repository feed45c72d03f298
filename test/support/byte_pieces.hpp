// A byte_source that returns prepared pieces.
#pragma once
#include <gtest/gtest.h>
#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/core/sleep.hpp>
#include <cstddef>
#include <cstring>
#include <deque>
#include <span>
#include <string>
#include <utility>

namespace bight::test {

/// Returns one piece, or a part of it, per read, each after one turn of the loop.
class byte_pieces final : public byte_source {
 public:
  explicit byte_pieces(std::deque<std::string> all) : all_(std::move(all)) {}
  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    EXPECT_FALSE(buffer.empty());
    co_await yield();
    if (all_.empty()) co_return 0;
    auto& first = all_.front();
    const auto n = std::min(buffer.size(), first.size());
    std::memcpy(buffer.data(), first.data(), n);
    first.erase(0, n);
    if (first.empty()) all_.pop_front();
    co_return n;
  }

 private:
  std::deque<std::string> all_;
};

template <class... Texts>
std::deque<std::string> texts(const Texts&... all) {
  return {std::string(all)...};
}

}  // namespace bight::test
