#include "http/upgraded_stream.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace bight::http::detail {
namespace {

class resumed_backend final : public net::stream_backend {
 public:
  resumed_backend(std::unique_ptr<net::stream_backend> inner, std::string received) noexcept
      : inner_(std::move(inner)), received_(std::move(received)) {}

  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    if (begin_ == received_.size()) return inner_->read_some(buffer);
    return [](std::size_t n) -> awaitable<std::size_t> { co_return n; }(take(buffer));
  }
  std::optional<std::size_t> try_read(std::span<std::byte> buffer) override {
    if (begin_ == received_.size()) return inner_->try_read(buffer);
    return take(buffer);
  }
  awaitable<void> write(net::const_buffers data) override { return inner_->write(data); }
  std::size_t try_write(net::const_buffers data) override { return inner_->try_write(data); }
  awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count) override {
    return inner_->send_file(file, offset, count);
  }
  awaitable<void> shutdown_write() override { return inner_->shutdown_write(); }
  awaitable<void> close() override { return inner_->close(); }
  void abort() noexcept override { inner_->abort(); }
  bool readable() noexcept override { return begin_ != received_.size() || inner_->readable(); }
  net::endpoint local_endpoint() const override { return inner_->local_endpoint(); }
  net::endpoint remote_endpoint() const override { return inner_->remote_endpoint(); }
  int native_handle() const noexcept override {
    return begin_ == received_.size() ? inner_->native_handle() : -1;
  }
  std::string_view protocol() const noexcept override { return inner_->protocol(); }
  net::connection_info connection() const override { return inner_->connection(); }

 private:
  std::size_t take(std::span<std::byte> buffer) noexcept {
    const auto n = std::min(buffer.size(), received_.size() - begin_);
    std::memcpy(buffer.data(), received_.data() + begin_, n);
    begin_ += n;
    if (begin_ == received_.size()) {
      received_ = {};
      begin_ = 0;
    }
    return n;
  }

  std::unique_ptr<net::stream_backend> inner_;
  std::string received_;
  std::size_t begin_ = 0;
};

}  // namespace

net::stream upgraded_stream(net::stream connection, std::string received) {
  if (received.empty()) return connection;
  return net::stream{std::make_unique<resumed_backend>(connection.release(), std::move(received))};
}

}  // namespace bight::http::detail
