#include <bight/net/error.hpp>
#include <string>

#include <bight/core/error.hpp>

namespace bight::net {
namespace {

const char* text(errc code) noexcept {
  switch (code) {
    case errc::host_not_found:
      return "host not found";
    case errc::resolver_failed:
      return "host name could not be looked up";
    case errc::invalid_address:
      return "invalid address";
    case errc::invalid_host_name:
      return "invalid host name";
    case errc::stream_broken:
      return "stream is broken by an interrupted operation";
    case errc::stream_closed:
      return "stream is closed";
    case errc::tls_configuration:
      return "TLS configuration";
    case errc::tls_handshake:
      return "TLS handshake failed";
    case errc::tls_protocol:
      return "TLS protocol error";
    case errc::tls_truncated:
      return "connection ended without a TLS close";
    case errc::certificate_invalid:
      return "certificate is not trusted";
    case errc::certificate_name:
      return "certificate is for another host";
    case errc::address_not_allowed:
      return "address is not allowed";
    case errc::certificate_not_pinned:
      return "certificate is not pinned";
    case errc::proxy_protocol:
      return "PROXY protocol";
    case errc::too_many_connections:
      return "too many connections from this address";
  }
  return "unknown bight.net error";
}

class category final : public boost::system::error_category {
 public:
  using error_category::equivalent;
  const char* name() const noexcept override { return "bight.net"; }
  std::string message(int code) const override { return text(static_cast<errc>(code)); }
  bool equivalent(int code, const boost::system::error_condition& condition) const noexcept override {
    if (condition == transient)
      return code == static_cast<int>(errc::resolver_failed) || code == static_cast<int>(errc::tls_truncated);
    return error_category::equivalent(code, condition);
  }
};

}  // namespace

const boost::system::error_category& net_category() noexcept {
  static const category instance;
  return instance;
}

boost::system::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), net_category()};
}

}  // namespace bight::net
