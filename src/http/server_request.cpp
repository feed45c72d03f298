#include <bight/http/server_request.hpp>

#include <algorithm>
#include <bight/http/json_error.hpp>
#include <bight/http/problem.hpp>
#include <stdexcept>

#include "http/server/exchange.hpp"
#include "http/server/memory_exchange.hpp"

namespace bight::http {

server_response detail::server_exchange::error_response() {
  try {
    throw;
  } catch (const problem& p) { return p.to_response(); } catch (const request_json_error& e) {
    return to_problem(e).to_response();
  }
}

server_request::server_request(detail::server_exchange& e) noexcept : exchange_(&e), head_(&e.head()) {}

server_request::server_request(http::method m, std::string target, http::headers fields, http::body content)
    : exchange_(nullptr),
      own_(std::make_unique<detail::memory_exchange>(m, std::move(target), std::move(fields),
                                                     std::move(content))) {
  exchange_ = own_.get();
  head_ = &exchange_->head();
}

server_request::~server_request() = default;

const http::method& server_request::method() const noexcept { return head_->method; }
std::string_view server_request::target() const noexcept { return head_->target; }

std::string_view server_request::path() const noexcept {
  const auto path = head_->target.substr(0, head_->target.find('?'));
  return path.empty() ? std::string_view{"/"} : path;
}

std::string_view server_request::query() const noexcept {
  const auto mark = head_->target.find('?');
  return mark == head_->target.npos ? std::string_view{} : head_->target.substr(mark + 1);
}

std::string_view server_request::authority() const noexcept { return head_->authority; }
headers_view server_request::headers() const noexcept { return head_->headers; }
net::endpoint server_request::remote_endpoint() const { return exchange_->remote_endpoint(); }
net::connection_info server_request::connection() const { return exchange_->connection(); }

detail::server_request_extras& server_request::extras() const {
  if (!extras_) extras_ = std::make_unique<detail::server_request_extras>();
  return *extras_;
}

std::string_view server_request::param(std::string_view name) const noexcept {
  if (!extras_) return {};
  for (const auto& p : extras_->params)
    if (p.name == name) return p.value;
  return {};
}

void server_request::set_param(std::string_view name, std::string value) {
  auto& e = extras();
  const auto kept = e.keep(std::move(value));
  for (auto& p : e.params) {
    if (p.name != name) continue;
    p.value = kept;
    return;
  }
  e.params.push_back({e.keep(std::string{name}), kept});
}

void server_request::set_value(const void* tag, void* object, void (*destroy)(void*) noexcept) {
  struct owner {
    void* object;
    void (*destroy)(void*) noexcept;
    ~owner() {
      if (object) destroy(object);
    }
  } held{object, destroy};
  auto& values = extras().values;
  const auto known =
      std::find_if(values.begin(), values.end(), [tag](const auto& v) { return v.tag == tag; });
  if (known != values.end())
    std::swap(held.object, known->object);
  else
    values.push_back({tag, std::exchange(held.object, nullptr), destroy});
}

void* server_request::value(const void* tag) const noexcept {
  if (!extras_) return nullptr;
  for (const auto& v : extras_->values)
    if (v.tag == tag) return v.object;
  return nullptr;
}

std::optional<std::uint64_t> server_request::body_size() const noexcept { return exchange_->body_size(); }
void server_request::max_body(std::uint64_t bytes) { exchange_->limit_body(bytes); }

awaitable<std::string_view> server_request::read_piece() {
  if (rest_.empty()) return exchange_->read_body();
  return
      [](std::string_view rest) -> awaitable<std::string_view> { co_return rest; }(std::exchange(rest_, {}));
}

awaitable<std::size_t> server_request::read_some(std::span<std::byte> buffer) {
  if (rest_.empty()) rest_ = co_await exchange_->read_body();
  const auto n = std::min(rest_.size(), buffer.size());
  std::copy_n(std::as_bytes(std::span{rest_}).begin(), n, buffer.begin());
  rest_.remove_prefix(n);
  co_return n;
}

awaitable<std::string> server_request::text() {
  constexpr std::uint64_t trusted_hint = 1U << 20U;  // a declared length is believed up to here
  std::string all;
  all.reserve(std::min(body_size().value_or(0), trusted_hint));
  while (true) {
    const auto piece = co_await read_piece();
    if (piece.empty()) co_return all;
    all.append(piece);
  }
}

headers_view server_request::trailers() const noexcept { return exchange_->trailers(); }

awaitable<void> server_request::inform(http::status code, const http::headers& fields) {
  if (!code.is_informational() || code == 101)
    throw std::invalid_argument{"bight: server_request::inform: " + std::to_string(code.code()) +
                                " cannot be sent as an informational response"};
  return exchange_->inform(code, fields);
}

void server_request::cancel_on_disconnect() { exchange_->cancel_on_disconnect(); }
void server_request::after_response(unique_function<void(const response_record&)> done) {
  extras().after.push_back(std::move(done));
}
void server_request::run_after_response(unique_function<awaitable<void>()> work) {
  extras().work.push_back(std::move(work));
}
void server_request::close_connection() noexcept { exchange_->close_connection(); }
bool server_request::stopping() const noexcept { return exchange_->stopping(); }

}  // namespace bight::http
