// A descriptor that tasks wait for on a loop.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/io_operation.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <optional>

namespace bight::fs::detail {

/// Owns it, and closes it with its loop at the latest.
class readable final : public bight::detail::io_state {
 public:
  /// Of the running loop.
  explicit readable(bight::detail::unique_fd fd);
  readable(const readable&) = delete;
  readable& operator=(const readable&) = delete;

  void loop_closing() noexcept override { close(); }
  void close() noexcept { stream_.reset(); }
  bool is_of(const bight::detail::loop_core& loop) const noexcept { return home() == &loop; }

  /// Waits until there is something to read. One task at a time. `name`, of static lifetime: what is waited
  /// for, for reports. Cancellation: at once. Precondition: not closed.
  static awaitable<void> wait(boost::intrusive_ptr<readable> self, const char* name);

 private:
  ~readable() override = default;
  std::optional<boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>> stream_;
  bight::detail::io_side reading_;
};

}  // namespace bight::fs::detail
