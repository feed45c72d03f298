#include "http/server/plain_text.hpp"

#include <bight/http/detail/to_handler.hpp>
#include <string>
#include <utility>

namespace bight::http::detail {

server_response text_response(std::string text) {
  server_response r{200, std::move(text)};
  r.headers().append(header_id::content_type, "text/plain; charset=utf-8");
  return r;
}

server_response plain_text(status code, std::string_view text) {
  auto r = text_response(std::string{text} + '\n');
  r.set_status(code);
  return r;
}

}  // namespace bight::http::detail
