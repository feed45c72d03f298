#include <bight/net/proxy_protocol.hpp>

#include <algorithm>
#include <array>
#include <bight/net/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/detail/proxy_header.hpp"

namespace bight::net {
namespace {

using boost::system::system_error;

/// A stream with the endpoints of the client's connection to the load balancer.
class proxied_stream final : public stream_backend {
 public:
  proxied_stream(std::unique_ptr<stream_backend> inner, const endpoint& local, const endpoint& remote)
      : inner_(std::move(inner)), local_(local), remote_(remote) {}

  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override { return inner_->read_some(buffer); }
  std::optional<std::size_t> try_read(std::span<std::byte> buffer) override {
    return inner_->try_read(buffer);
  }
  awaitable<void> write(const_buffers data) override { return inner_->write(data); }
  std::size_t try_write(const_buffers data) override { return inner_->try_write(data); }
  awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count) override {
    return inner_->send_file(file, offset, count);
  }
  awaitable<void> shutdown_write() override { return inner_->shutdown_write(); }
  awaitable<void> close() override { return inner_->close(); }
  void abort() noexcept override { inner_->abort(); }
  bool readable() noexcept override { return inner_->readable(); }
  endpoint local_endpoint() const override { return local_; }
  endpoint remote_endpoint() const override { return remote_; }
  int native_handle() const noexcept override { return inner_->native_handle(); }
  std::string_view protocol() const noexcept override { return inner_->protocol(); }
  connection_info connection() const override {
    auto info = inner_->connection();
    info.local = local_;
    info.remote = remote_;
    return info;
  }

 private:
  std::unique_ptr<stream_backend> inner_;
  endpoint local_;
  endpoint remote_;
};

[[noreturn]] void fail(const stream& from, std::string_view why) {
  const auto peer = from.remote_endpoint();
  const auto name = peer.is_unix() && peer.path().empty() ? "load balancer" : peer.to_string();
  throw system_error(make_error_code(errc::proxy_protocol), name + ": " + std::string{why});
}

awaitable<stream> read_header(stream transport) {
  detail::proxy_header header;
  std::array<std::byte, 512> room;
  while (header.wants() != 0) {
    const auto part = std::span{room}.first(std::min(room.size(), header.wants()));
    const auto n = co_await transport.read_some(part);
    if (n == 0) fail(transport, "it closed the connection before the end of its PROXY protocol header");
    header.feed({reinterpret_cast<const char*>(part.data()), n});
  }
  if (header.failed()) fail(transport, header.error());
  if (!header.source()) co_return transport;
  const auto local = *header.destination();
  const auto remote = *header.source();
  co_return stream{std::make_unique<proxied_stream>(transport.release(), local, remote)};
}

}  // namespace

awaitable<stream> accept_proxied(stream transport) { return read_header(std::move(transport)); }

}  // namespace bight::net
