// A file or standard stream that is written line by line.
#pragma once
#include <spdlog/sinks/base_sink.h>
#include <bight/core/detail/unique_fd.hpp>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>

namespace bight::logging::detail {

/// Used by the thread that writes; `reopen` by any.
class line_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// Errors: system_error.
  explicit line_sink(std::string output);
  /// Errors: system_error; the old file stays in use then.
  void reopen();
  /// Returns the number of messages that have been dropped so far.
  std::function<std::size_t()> dropped;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}
  void write_line(const spdlog::memory_buf_t& line);
  void report_dropped(const spdlog::details::log_msg& message);
  bight::detail::unique_fd open() const;
  int target() const noexcept;

  std::string output_;
  bight::detail::unique_fd file_;
  std::size_t reported_ = 0;
  bool failed_ = false;
};

}  // namespace bight::logging::detail
