#include <bight/http/response.hpp>

#include <bight/http/error.hpp>

#include "http/client/exchange.hpp"

namespace bight::http {
namespace {

errc code_of(status s) noexcept {
  for (const int temporary : {408, 425, 429, 500, 502, 503, 504})
    if (s == temporary) return errc::temporary_status;
  return errc::unexpected_status;
}

}  // namespace

status_error::status_error(http::status code, const std::string& where)
    : system_error(make_error_code(code_of(code)),
                   where + ": " + std::to_string(code.code()) + ' ' + std::string{code.reason_phrase()}),
      status_(code) {}

response::response(std::unique_ptr<detail::exchange> e) noexcept : exchange_(std::move(e)) {}
response::response(response&&) noexcept = default;
response& response::operator=(response&&) noexcept = default;
response::~response() = default;

http::status response::status() const noexcept { return exchange_->status(); }
const http::headers& response::headers() const noexcept { return exchange_->headers(); }
const http::url& response::url() const noexcept { return exchange_->url(); }
const std::vector<http::url>& response::redirects() const noexcept { return exchange_->redirects(); }
std::uint64_t response::size_hint() const noexcept { return exchange_->size_hint(); }
bool response::deviates() const noexcept { return exchange_->deviates(); }
std::uint64_t response::received() const noexcept { return exchange_->received(); }

awaitable<std::string_view> response::read_some() { return exchange_->read_some(); }
awaitable<std::string> response::text() { return exchange_->read_all(); }
awaitable<void> response::drain(std::size_t limit) { return exchange_->drain(limit); }

void response::raise_for_status() const {
  if (!status().is_success() && !status().is_redirection()) throw status_error(status(), url().redacted());
}

}  // namespace bight::http
