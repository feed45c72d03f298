// A request that does not go out at once: a task writes it, while the response is waited for.
#pragma once
#include <bight/core/event.hpp>
#include <bight/core/task.hpp>
#include <bight/http/body.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client/connection.hpp"

namespace bight::http::detail {

/// Shared by the exchange and the task that writes: the response may be there, and gone, before the task
/// ends.
class sending : public std::enable_shared_from_this<sending> {
 public:
  /// `rest`: of the head, and of the text if the body is one, of which `sent_of_text` bytes have gone out.
  sending(std::shared_ptr<connection> c, std::string rest_of_head, http::body content,
          std::uint64_t sent_of_text, std::chrono::nanoseconds timeout);

  void start();
  bool done() const noexcept { return writer_->done(); }
  /// Why it ended early; null if it did not.
  const std::exception_ptr& error() const noexcept { return error_; }
  /// True if that was the connection, and not the source of the body.
  bool connection_failed() const noexcept { return connection_failed_; }
  /// True if the connection accepted nothing for the time allowed.
  bool timed_out() const noexcept { return timed_out_; }
  /// Set when it has ended, or the response begins to come.
  event changed;
  void cancel() noexcept { writer_->cancel(); }
  awaitable<void> wait_for_end();

 private:
  class writer;
  static awaitable<void> run(std::shared_ptr<sending> self);
  awaitable<void> write_all();
  awaitable<void> write(std::string_view text);
  awaitable<void> send_file(const file_range& file);

  std::shared_ptr<connection> connection_;
  std::string head_;
  http::body body_;
  std::uint64_t sent_of_text_;
  std::optional<task<void>> writer_;
  std::exception_ptr error_;
  std::chrono::nanoseconds timeout_;  // for each slice
  bool connection_failed_ = false;
  bool timed_out_ = false;
};

}  // namespace bight::http::detail
