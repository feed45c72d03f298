#include <bight/testing/faults.hpp>

#include <algorithm>
#include <stdexcept>

#include "testing/detail/faulty_stream.hpp"

namespace bight::testing {

fault_script& fault_script::split_at(std::uint64_t n) {
  splits_.insert(std::upper_bound(splits_.begin(), splits_.end(), n), n);
  return *this;
}

fault_script& fault_script::split_every(std::uint64_t n) {
  if (n == 0) throw std::invalid_argument("bight: fault_script::split_every: the piece size is 0");
  every_ = n;
  return *this;
}

fault_script& fault_script::delay_for(std::uint64_t n, clock::duration d) {
  if (d < d.zero()) throw std::invalid_argument("bight: fault_script::delay_at: the delay is negative");
  const auto later = [](std::uint64_t at, const delay& other) { return at < other.at; };
  delays_.insert(std::upper_bound(delays_.begin(), delays_.end(), n, later), delay{n, d});
  return *this;
}

fault_script& fault_script::corrupt_at(std::uint64_t n, std::byte mask) {
  if (mask == std::byte{0}) throw std::invalid_argument("bight: fault_script::corrupt_at: the mask is 0");
  const auto earlier = [](const corruption& other, std::uint64_t at) { return other.at < at; };
  const auto place = std::lower_bound(corruptions_.begin(), corruptions_.end(), n, earlier);
  if (place != corruptions_.end() && place->at == n)
    place->mask ^= mask;
  else
    corruptions_.insert(place, corruption{n, mask});
  return *this;
}

fault_script& fault_script::finish_at(std::uint64_t n, ending how) {
  if (ending_ && end_ <= n) return *this;
  ending_ = how;
  end_ = n;
  return *this;
}
fault_script& fault_script::stall_at(std::uint64_t n) { return finish_at(n, ending::stall); }
fault_script& fault_script::end_at(std::uint64_t n) { return finish_at(n, ending::end); }
fault_script& fault_script::reset_at(std::uint64_t n) { return finish_at(n, ending::reset); }

net::stream with_faults(net::stream s, faults script) {
  return detail::make_stream(std::make_shared<detail::faulty_state>(s.release(), std::move(script)));
}

}  // namespace bight::testing
