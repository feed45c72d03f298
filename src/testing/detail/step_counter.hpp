// The steps of one run of fail_at_every_step.
#pragma once
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::testing::detail {

class step_counter {
 public:
  /// `fails`: the number of the step that fails, from 1.
  step_counter(std::size_t fails, const boost::system::error_code& error) : fails_(fails), error_(error) {}

  /// Counts one. Returns the error that it fails with.
  std::optional<boost::system::error_code> next(std::string_view name);
  /// The body has ended: nothing counts any more.
  void end() noexcept { over_ = true; }
  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  std::size_t fails_;
  boost::system::error_code error_;
  std::vector<std::string> names_;
  bool over_ = false;
};

/// Counts a step of the running task's run. Returns the error that it fails with; nothing where none is
/// counted.
std::optional<boost::system::error_code> next_step(std::string_view name);

}  // namespace bight::testing::detail
