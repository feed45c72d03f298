#include "testing/detail/fault_track.hpp"

#include <algorithm>
#include <limits>

namespace bight::testing::detail {

fault_track::gate fault_track::ending() const {
  if (!script_.ending_ || passed_ != script_.end_) return gate::open;
  switch (*script_.ending_) {
    case fault_script::ending::stall:
      return gate::stall;
    case fault_script::ending::end:
      return gate::end;
    default:
      return gate::reset;
  }
}

fault_track::gate fault_track::look() const {
  if (delays_ == script_.delays_.size() || script_.delays_[delays_].at != passed_) return ending();
  const bool last = delays_ + 1 == script_.delays_.size() || script_.delays_[delays_ + 1].at != passed_;
  return until_ && *until_ <= clock::now() && last ? ending() : gate::wait;
}

fault_track::gate fault_track::arrive() {
  while (delays_ != script_.delays_.size() && script_.delays_[delays_].at == passed_) {
    const auto now = clock::now();
    if (!until_) until_ = bight::detail::deadline_after(now, script_.delays_[delays_].time);
    if (now < *until_) return gate::wait;
    until_.reset();
    ++delays_;
  }
  return ending();
}

std::uint64_t fault_track::room() const {
  auto end = std::numeric_limits<std::uint64_t>::max();
  const auto split = std::upper_bound(script_.splits_.begin(), script_.splits_.end(), passed_);
  if (split != script_.splits_.end()) end = *split;
  if (script_.every_ != 0) end = std::min(end, passed_ + (script_.every_ - passed_ % script_.every_));
  if (delays_ != script_.delays_.size()) end = std::min(end, script_.delays_[delays_].at);
  if (script_.ending_) end = std::min(end, script_.end_);
  return end - passed_;
}

std::uint64_t fault_track::intact() const {
  if (corruptions_ == script_.corruptions_.size()) return std::numeric_limits<std::uint64_t>::max();
  return script_.corruptions_[corruptions_].at - passed_;
}

std::optional<std::byte> fault_track::mask() const {
  if (intact() != 0) return std::nullopt;
  return script_.corruptions_[corruptions_].mask;
}

bool fault_track::is_split() const {
  if (script_.every_ != 0 && passed_ % script_.every_ == 0) return true;
  return std::binary_search(script_.splits_.begin(), script_.splits_.end(), passed_);
}

void fault_track::pass(std::uint64_t n) {
  if (n == 0) return;
  passed_ += n;
  while (corruptions_ != script_.corruptions_.size() && script_.corruptions_[corruptions_].at < passed_)
    ++corruptions_;
  split_ = is_split();
}

void fault_track::pass(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto change = mask();
    if (change) bytes.front() ^= *change;
    const auto n = change ? 1 : static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), intact()));
    pass(n);
    bytes = bytes.subspan(n);
  }
}

}  // namespace bight::testing::detail
