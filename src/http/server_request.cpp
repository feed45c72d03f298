#include <bight/http/server_request.hpp>

#include "http/server/connection.hpp"

namespace bight::http {

const http::method& server_request::method() const noexcept { return connection_->parser().method(); }

std::string_view server_request::path() const noexcept {
  const auto target = connection_->parser().path();
  const auto path = target.substr(0, target.find('?'));
  return path.empty() ? std::string_view{"/"} : path;
}

std::string_view server_request::query() const noexcept {
  const auto target = connection_->parser().path();
  const auto mark = target.find('?');
  return mark == target.npos ? std::string_view{} : target.substr(mark + 1);
}

std::string_view server_request::authority() const noexcept { return connection_->parser().authority(); }
headers_view server_request::headers() const noexcept { return connection_->parser().headers(); }
net::endpoint server_request::remote_endpoint() const { return connection_->remote_endpoint(); }
std::optional<std::uint64_t> server_request::body_size() const noexcept {
  return connection_->parser().body_size();
}
awaitable<std::string_view> server_request::read_some() { return connection_->read_body(); }

awaitable<std::string> server_request::text() {
  std::string all;
  while (true) {
    const auto piece = co_await read_some();
    if (piece.empty()) co_return all;
    all.append(piece);
  }
}

}  // namespace bight::http
