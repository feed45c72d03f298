#include "http/server/plain_text.hpp"

#include <string>

namespace bight::http::detail {

server_response plain_text(status code, std::string_view text) {
  server_response r{code, std::string{text} + '\n'};
  r.headers().append(header_id::content_type, "text/plain; charset=utf-8");
  return r;
}

}  // namespace bight::http::detail
