// Error codes of bight::net.
#pragma once
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <type_traits>

namespace bight::net {

/// What can go wrong in bight::net beyond the errors of the operating system (which keep their system codes,
/// as "connection refused"). Thrown as boost::system::system_error, whose text names the host or address.
/// resolver_failed and tls_truncated are bight::transient: `retry` tries again.
enum class errc {
  host_not_found = 1,   ///< The name does not exist, or has no address.
  resolver_failed,      ///< The name could not be looked up now; trying again later may help.
  invalid_address,      ///< The text is not an IP address or endpoint.
  invalid_host_name,    ///< The text cannot be a host name (empty, too long, illegal characters).
  stream_broken,        ///< A write was interrupted half-way earlier; nothing can be written any more.
  stream_closed,        ///< The stream was closed on this side.
  tls_configuration,    ///< A certificate, key or option could not be loaded.
  tls_handshake,        ///< The TLS handshake failed.
  tls_protocol,         ///< The peer broke the TLS protocol.
  tls_truncated,        ///< The connection ended without a TLS close: the data may be cut off.
  certificate_invalid,  ///< The certificate chain is not trusted, expired or otherwise bad.
  certificate_name,     ///< The certificate is for another host.
};

/// The category "bight.net".
const boost::system::error_category& net_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

}  // namespace bight::net

template <>
struct boost::system::is_error_code_enum<bight::net::errc> : std::true_type {};
