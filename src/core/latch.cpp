#include <bight/core/latch.hpp>

#include <stdexcept>

namespace bight {

void latch::count_down(std::size_t n) {
  if (n > count_) throw std::logic_error("bight: latch::count_down: below zero");
  count_ -= n;
  if (count_ == 0) zero_.set();
}

}  // namespace bight
