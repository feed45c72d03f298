#include <openssl/err.h>

#include <bight/net/error.hpp>
#include <bight/net/tls.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <mutex>
#include <utility>

#include "net/tls/connection.hpp"
#include "net/tls/server_settings.hpp"

namespace bight::net {
using boost::system::system_error;

class tls_server_context::impl {
 public:
  explicit impl(const tls_server_options& options)
      : settings_(std::make_shared<const tls::server_settings>(options)) {}
  std::shared_ptr<const tls::server_settings> settings() const {
    const std::lock_guard lock{mutex_};
    return settings_;
  }
  void replace(std::shared_ptr<const tls::server_settings> made) {
    const std::lock_guard lock{mutex_};
    settings_.swap(made);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const tls::server_settings> settings_;
};

tls_server_context::tls_server_context(const tls_server_options& options)
    : impl_(std::make_shared<impl>(options)) {}

void tls_server_context::reload(const tls_server_options& options) {
  impl_->replace(std::make_shared<const tls::server_settings>(options));
}

namespace {

awaitable<stream> accept_over(stream transport, tls_server_context context) {
  const auto peer = transport.remote_endpoint();
  const std::string name = peer.is_unix() && peer.path().empty() ? "client" : peer.to_string();
  // The session asks them while the handshake lasts, whatever is loaded meanwhile.
  const auto settings = context.implementation().settings();
  const auto made = std::make_shared<tls::connection>(std::move(transport), settings->context(), name);
  auto secure = tls::make_stream(made);
  try {
    co_await tls::handshake(made);
  } catch (const system_error& e) {
    if (e.code().category() == net_category()) throw;
    throw system_error(e.code(), name + ": TLS handshake");  // the transport failed
  }
  co_return secure;
}

}  // namespace

awaitable<stream> tls_accept(stream transport, tls_server_context context) {
  return accept_over(std::move(transport), std::move(context));
}

}  // namespace bight::net
