// What the bridge to Beast does without types of Asio or Beast.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/task.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/body.hpp>
#include <bight/http/request.hpp>
#include <bight/http/url.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace bight::http::detail {

/// Runs one operation of a stream in a task of the running loop. Its completion is called once, in a step of
/// that task, unless the loop is destroyed before.
class beast_operation : public std::enable_shared_from_this<beast_operation> {
 public:
  using completion = unique_function<void(boost::system::error_code, std::size_t)>;
  using shared_stream = std::shared_ptr<net::stream>;

  explicit beast_operation(completion done) noexcept : done_(std::move(done)) {}
  beast_operation(const beast_operation&) = delete;
  beast_operation& operator=(const beast_operation&) = delete;
  ~beast_operation() = default;

  void read(shared_stream s, std::span<std::byte> into);
  void write(shared_stream s, std::span<const std::byte> data);
  /// Closes both directions as WebSockets ask for (RFC 6455 7.1.1): a server sends its end first, and both
  /// wait for that of the peer.
  void tear_down(shared_stream s, bool server_role);
  /// Cancels it, if it has not ended.
  void cancel() noexcept;

 private:
  using work = unique_function<awaitable<std::size_t>()>;
  void start(work w);
  static awaitable<void> run(std::shared_ptr<beast_operation> self, work w);

  completion done_;
  task<void> running_;
  bool begun_ = false;
  bool cancelled_ = false;
};

/// Writes what there is room for, or nothing. Sets `error` instead of throwing.
std::size_t try_write_some(net::stream& s, std::span<const std::span<const std::byte>> pieces,
                           boost::system::error_code& error) noexcept;

/// The URL of a request target; that of an absolute-form is the target itself. Errors: errc::invalid_url.
url target_at(const url& origin, std::string_view target);
/// Removes what the client writes itself.
void remove_framing(request& r);
/// `count` bytes of a file whose descriptor stays with the caller, from its current position on.
body rest_of_file(int descriptor, std::uint64_t count);

}  // namespace bight::http::detail
