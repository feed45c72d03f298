#include <bight/core/completed_process.hpp>

#include <fmt/format.h>
#include <bight/core/error.hpp>
#include <cstring>
#include <string_view>
#include <utility>

namespace bight {
namespace {

std::string tail_of(std::string_view text, std::size_t longest) {
  constexpr std::string_view space = " \t\r\n";
  if (text.size() > longest) text.remove_prefix(text.size() - longest);
  const auto first = text.find_first_not_of(space);
  if (first == text.npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(space) - first + 1)};
}

}  // namespace

std::string exit_status::describe() const {
  if (signal_ == 0) return fmt::format("exit status {}", code_);
  const char* const name = ::sigabbrev_np(signal_);
  return fmt::format("killed by signal {} ({})", signal_, name ? name : "?");
}

process_error::process_error(std::string program, exit_status status, const std::string& errors)
    : system_error(make_error_code(errc::process_failed)),
      program_(std::move(program)),
      status_(status),
      tail_(tail_of(errors, longest_tail)),
      text_(fmt::format("bight: '{}' failed: {}{}{}", program_, status_.describe(), tail_.empty() ? "" : ": ",
                        tail_)) {}

void completed_process::check() const {
  if (!status.success()) throw process_error(program, status, error);
}

}  // namespace bight
