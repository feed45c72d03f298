#include <bight/http/response.hpp>

#include <algorithm>
#include <bight/core/reader.hpp>
#include <bight/fs/atomic_file.hpp>
#include <bight/http/error.hpp>
#include <stdexcept>

#include "http/client/client_exchange.hpp"
#include "http/client/made_response.hpp"
#include "http/client/retry_after.hpp"
#include "http/text/charset.hpp"

namespace bight::http {
status_error::status_error(http::status code, const std::string& where,
                           std::optional<std::chrono::nanoseconds> retry_after)
    : system_error(make_error_code(code.is_temporary() ? errc::temporary_status : errc::unexpected_status),
                   where + ": " + std::to_string(code.code()) + ' ' + std::string{code.reason_phrase()}),
      status_(code),
      retry_after_(retry_after) {}

response::response(std::unique_ptr<detail::client_exchange> e) noexcept : exchange_(std::move(e)) {}
response::response(http::status code, http::body content, http::headers fields, http::url where)
    : exchange_(std::make_unique<detail::made_response>(code, std::move(content), std::move(fields),
                                                        std::move(where))) {}
response::response(response&&) noexcept = default;
response& response::operator=(response&&) noexcept = default;
response::~response() = default;

http::status response::status() const noexcept { return exchange_->status; }
const http::headers& response::headers() const noexcept { return exchange_->headers; }
http::headers& response::headers() noexcept { return exchange_->headers; }
const http::url& response::url() const noexcept { return exchange_->url; }
void response::set_url(http::url where) { exchange_->url = std::move(where); }
const std::vector<redirect>& response::history() const noexcept { return exchange_->history; }
const http::timeline& response::timeline() const noexcept { return exchange_->timeline; }
std::uint64_t response::size_hint() const noexcept { return exchange_->size_hint; }
bool response::deviates() const noexcept { return exchange_->deviates; }
std::uint64_t response::received() const noexcept { return exchange_->received; }
const http::headers& response::trailers() const noexcept { return exchange_->trailers; }

awaitable<std::string_view> response::read_piece() {
  if (!rest_.empty()) co_return std::exchange(rest_, {});
  while (true) {
    const auto piece = exchange_->next_piece();
    if (piece) co_return *piece;
    co_await exchange_->receive();
  }
}

awaitable<std::size_t> response::read_some(std::span<std::byte> buffer) {
  if (rest_.empty()) rest_ = co_await read_piece();
  const auto n = std::min(rest_.size(), buffer.size());
  std::copy_n(std::as_bytes(std::span{rest_}).begin(), n, buffer.begin());
  rest_.remove_prefix(n);
  co_return n;
}

awaitable<std::string> response::text() {
  auto all = co_await bytes();
  co_return to_utf8(std::move(all), headers().get(header_id::content_type).value_or(std::string_view{}));
}

awaitable<std::string> response::bytes() {
  constexpr std::uint64_t trusted_hint = 1U << 20U;  // a declared length is believed up to here
  std::string all;
  all.reserve(std::min(exchange_->size_hint, trusted_hint));
  all.append(std::exchange(rest_, {}));
  while (true) {
    const auto piece = exchange_->next_piece();
    if (!piece) {
      co_await exchange_->receive();
    } else {
      if (piece->empty()) co_return all;
      all.append(*piece);
    }
  }
}

generator<std::string> response::lines(std::size_t max_line) {
  reader in{*this, max_line};
  while (true) {
    auto line = co_await in.read_line();
    if (!line) co_return;
    co_yield std::move(*line);
  }
}

awaitable<std::uint64_t> response::save_to(std::filesystem::path file) {
  auto out = co_await fs::open_atomically(std::move(file));
  std::uint64_t size = 0;
  while (true) {
    const auto piece = co_await read_piece();
    if (piece.empty()) break;
    co_await out->write_at(size, piece);
    size += piece.size();
  }
  co_await out.commit();
  co_return size;
}

awaitable<void> response::drain(std::size_t limit) {
  rest_ = {};
  return exchange_->drain(limit);
}

void response::raise_for_status() const {
  if (status().is_success() || status().is_redirection()) return;
  throw status_error(status(), url().redacted(), detail::delay_asked_for(headers()));
}

net::stream take_stream(response&& r) {
  auto s = r.exchange_->take_stream();
  if (!s.valid()) throw std::invalid_argument{"bight: take_stream: the response does not switch protocols"};
  return s;
}

}  // namespace bight::http
