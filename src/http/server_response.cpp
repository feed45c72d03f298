#include <bight/http/server_response.hpp>

#include <bight/http/error.hpp>
#include <bight/http/server_request.hpp>
#include <boost/system/system_error.hpp>
#include <string>

#include "http/upgrade_access.hpp"

namespace bight::http {

server_response upgrade(const server_request& request, std::string_view protocol, http::headers extra,
                        upgrade_handler talk) {
  if (!is_token(protocol.substr(0, protocol.find('/'))))
    throw boost::system::system_error(make_error_code(errc::invalid_header),
                                      "upgrade: " + std::string{protocol});
  const bool asked = list_contains_token(request.headers(), header_id::connection, "upgrade") &&
                     list_contains_token(request.headers(), header_id::upgrade, protocol);
  server_response r{asked ? 101 : 426};
  r.headers() = std::move(extra);
  r.headers().set(header_id::upgrade, protocol);
  r.headers().set(header_id::connection, "Upgrade");
  if (asked)
    upgrade_access::handler(r) = std::move(talk);
  else
    r.set_body("this resource requires an upgrade to " + std::string{protocol} + "\n");
  return r;
}

}  // namespace bight::http
