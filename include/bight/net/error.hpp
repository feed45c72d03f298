// Error codes of bight::net.
#pragma once
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <type_traits>

namespace bight::net {

/// Error codes of bight::net, thrown as boost::system::system_error with the host or address in the text.
/// Errors of the operating system, such as "connection refused", keep their system codes. resolver_failed and
/// tls_truncated are bight::transient, which `retry` retries.
enum class errc {
  host_not_found = 1,      ///< The name does not exist or has no address.
  resolver_failed,         ///< Temporary failure in name resolution.
  invalid_address,         ///< The text is not an IP address or endpoint.
  invalid_host_name,       ///< The text is not a host name (empty, too long, invalid characters).
  stream_broken,           ///< An earlier write was interrupted; the stream cannot be written to any more.
  stream_closed,           ///< The stream was closed locally.
  tls_configuration,       ///< A certificate, key or option could not be loaded.
  tls_handshake,           ///< The TLS handshake failed.
  tls_protocol,            ///< The peer violated the TLS protocol.
  tls_truncated,           ///< The connection ended without close_notify: data may be missing.
  certificate_invalid,     ///< The certificate chain is untrusted, expired or otherwise invalid.
  certificate_name,        ///< The certificate is not valid for the host.
  address_not_allowed,     ///< The connect_policy does not permit any address of the host.
  certificate_not_pinned,  ///< The key of the certificate is none of the pinned ones.
  proxy_protocol,          ///< A load balancer sent no PROXY protocol header, or an invalid one.
  too_many_connections,    ///< The client has as many connections as a server allows for its address.
};

/// The error category "bight.net".
const boost::system::error_category& net_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

}  // namespace bight::net

template <>
struct boost::system::is_error_code_enum<bight::net::errc> : std::true_type {};
