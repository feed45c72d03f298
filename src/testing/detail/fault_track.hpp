// How far one direction of a stream is in its script.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/testing/faults.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace bight::testing::detail {

class fault_track {
 public:
  /// What stands before the next byte.
  enum class gate : std::uint8_t { open, wait, stall, end, reset };

  explicit fault_track(fault_script script) : script_(std::move(script)) {}

  /// Looks, and starts the delay that stands there.
  gate arrive();
  /// Looks only.
  gate look() const;
  /// Of gate::wait: when it is over; of gate::stall: never.
  clock::time_point waits_until() const noexcept { return until_.value_or(clock::time_point::max()); }
  /// How many bytes may pass in one piece. Precondition: the gate is open.
  std::uint64_t room() const;
  /// What the next byte is to be changed by; nothing if it is not.
  std::optional<std::byte> mask() const;
  /// `n` bytes have passed.
  void pass(std::uint64_t n);
  /// The same for bytes that were read, which are changed as the script says.
  void pass(std::span<std::byte> bytes);
  /// How many may pass before one must be changed.
  std::uint64_t intact() const;
  /// A split has been passed since this was asked last.
  bool take_split() noexcept { return std::exchange(split_, false); }
  bool split() const noexcept { return split_; }

 private:
  bool is_split() const;
  gate ending() const;

  fault_script script_;
  std::uint64_t passed_ = 0;
  std::size_t delays_ = 0;       // of the script's, those that are over
  std::size_t corruptions_ = 0;  // those that are behind
  std::optional<clock::time_point> until_;
  bool split_ = false;
};

}  // namespace bight::testing::detail
