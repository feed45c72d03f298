#include <bight/http/client.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "http/body_access.hpp"
#include "http/client/basic.hpp"
#include "http/client/exchange.hpp"
#include "http/client/pool.hpp"
#include "http/coding/content_decoder.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/serializer.hpp"

namespace bight::http {
namespace {

using boost::system::error_code;
using boost::system::system_error;

constexpr header_id credentials[] = {header_id::authorization, header_id::cookie,
                                     header_id::proxy_authorization};
constexpr header_id per_request[] = {header_id::host, header_id::content_length,
                                     header_id::transfer_encoding};

void check(const error_code& ec, const url& where) {
  if (ec) throw system_error(ec, where.redacted());
}

[[noreturn]] void refuse_header(const std::string& where, header_id id) {
  throw system_error(make_error_code(errc::invalid_header), where + ": " + std::string{to_string(id)});
}

// What the error says besides its code.
std::string detail_of(const system_error& e) {
  const std::string code = e.code().what();
  std::string text = e.what();
  if (!text.ends_with(code)) return text;
  text.resize(text.size() - code.size());
  while (text.ends_with(' ') || text.ends_with(':')) text.pop_back();
  return text;
}

// An error on the way to a connection, with the URL in front.
[[noreturn]] void throw_for(const url& where, const system_error& e) {
  const auto detail = detail_of(e);
  const auto text = detail.empty() ? where.redacted() : where.redacted() + ": " + detail;
  if (e.code() == bight::errc::timed_out) throw timeout_error{text};
  throw system_error(e.code(), text);
}

bool is_redirect(status code, const headers& answer) {
  const bool moved = code == status::moved_permanently || code == status::found ||
                     code == status::see_other || code == status::temporary_redirect ||
                     code == status::permanent_redirect;
  return moved && !answer.get(header_id::location).value_or(std::string_view{}).empty();
}

// What a request may say of who sends it.
struct identity {
  std::string basic;          // of the URL that was asked for: a value of Authorization, or empty
  bool cross_origin = false;  // it has left the origin that the credentials are for
};

// What a redirect makes of a request (Fetch standard, HTTP-redirect fetch).
void follow(request& r, status code, const headers& answer, identity& who) {
  const auto location = answer.get(header_id::location).value();
  auto next = url::parse(location, r.url());
  if (!next) throw system_error(next.error(), r.url().redacted() + ": redirect to " + redacted(location));
  if (!next->is_http())
    throw system_error(make_error_code(errc::unsupported_scheme),
                       r.url().redacted() + ": redirect to " + next->redacted());
  if (!next->has_fragment() && r.url().has_fragment()) next->set_fragment(r.url().fragment());
  const bool to_get =
      code == status::see_other
          ? r.method() != method::head
          : (code == status::moved_permanently || code == status::found) && r.method() == method::post;
  if (to_get) {
    r.set_method(method::get);
    r.set_body(body{});
    for (const auto id : {header_id::content_type, header_id::content_encoding, header_id::content_language,
                          header_id::content_location, header_id::content_length})
      r.headers().remove(id);
  }
  if (next->origin() != r.url().origin()) {
    // Credentials are for the origin that they were given for (curl CVE-2018-1000007 and its many
    // successors).
    for (const auto id : credentials) r.headers().remove(id);
    r.headers().remove(header_id::host);
    who.basic.clear();
    who.cross_origin = true;
  }
  if (!r.body().rewind())
    throw system_error(make_error_code(errc::body_not_replayable),
                       r.url().redacted() + ": redirect to " + next->redacted());
  r.set_url(std::move(*next));
}

}  // namespace

namespace detail {

// The middleware of a client, around its way through redirects to the transport.
class client_chain {
 public:
  explicit client_chain(client::impl& owner) noexcept : owner_(&owner) {}
  void add(client_middleware m) { around_.push_back(std::move(m)); }
  awaitable<response> call(std::size_t position, request& r);

 private:
  client::impl* owner_;
  std::vector<client_middleware> around_;
};

}  // namespace detail

struct response_access {
  static std::vector<url>& redirects(response& r) noexcept { return r.exchange_->redirects; }
};

class client::impl {
 public:
  explicit impl(client_options o)
      : options_(std::move(o)),
        chain_(*this),
        pool_(std::make_shared<detail::pool>(options_,
                                             options_.resolver ? *options_.resolver : net::resolver{})) {
    const std::pair<header_id, std::string_view> usual[] = {
        {header_id::user_agent, options_.user_agent},
        {header_id::accept, "*/*"},
        {header_id::accept_encoding, options_.decode ? coding::accept_encoding : std::string_view{}}};
    for (const auto& [id, value] : usual)
      if (!value.empty() && !options_.default_headers.contains(id))
        options_.default_headers.append(id, value);
    for (const auto id : per_request)
      if (options_.default_headers.contains(id)) refuse_header("client_options::default_headers", id);
    if (const auto ec = h1::append_fields(default_fields_, options_.default_headers)) throw system_error(ec);
    closes_by_default_ = h1::read_connection(options_.default_headers).close;
  }

  static awaitable<response> send(std::shared_ptr<impl> self, request r);
  /// Follows redirects. `own`: the caller has no use for `r` afterwards.
  awaitable<response> send_through(request& r, bool own);
  detail::pool& connections() noexcept { return *pool_; }
  void add_middleware(client_middleware m) { chain_.add(std::move(m)); }

 private:
  awaitable<response> hop(request& r, const identity& who, bool own);
  awaitable<response> hop_elsewhere(request& r, const identity& who);
  awaitable<void> perform(detail::exchange& e, request& r, const identity& who);
  awaitable<detail::lease> connection_for(const request& r, bool fresh);
  static awaitable<void> pass_over(response& r);
  const client_timeouts& timeouts_of(const request& r) const noexcept {
    return r.timeouts() ? *r.timeouts() : options_.timeouts;
  }
  std::string render(const request& r, const identity& who, const detail::lease* to_proxy = nullptr) const;
  bool says_close(const request& r) const noexcept;
  void append_headers(std::string& head, const request& r, const identity& who) const;
  template <class F>
  void for_each_default(const request& r, const identity& who, F f) const;

  client_options options_;
  detail::client_chain chain_;
  std::string default_fields_;
  bool closes_by_default_ = false;
  std::shared_ptr<detail::pool> pool_;
};

awaitable<response> detail::client_chain::call(std::size_t position, request& r) {
  if (position == around_.size()) return owner_->send_through(r, around_.empty());
  return around_[position](r, client_next{*this, position + 1});
}

awaitable<response> client_next::operator()(request& r) const { return chain_->call(position_, r); }

// The default headers that the caller's leave.
template <class F>
void client::impl::for_each_default(const request& r, const identity& who, F f) const {
  const auto& own = r.headers();
  const bool basic = !who.basic.empty() && !own.contains(header_id::authorization);
  if (basic) f(to_string(header_id::authorization), std::string_view{who.basic});
  for (const auto& field : options_.default_headers) {
    const auto id = find_header_id(field.name);
    const bool secret = std::count(std::begin(credentials), std::end(credentials), id) != 0;
    if (own.contains(field.name) || (who.cross_origin && secret)) continue;
    if (basic && id == header_id::authorization) continue;
    f(field.name, field.value);
  }
}

// The caller's headers, then the defaults that they leave.
void client::impl::append_headers(std::string& head, const request& r, const identity& who) const {
  const auto& own = r.headers();
  if (!own.contains(header_id::host)) check(h1::append_field(head, "Host", r.url().host_and_port()), r.url());
  const bool basic = !who.basic.empty() && !own.contains(header_id::authorization);
  if (own.empty() && !who.cross_origin && !basic) {
    head += default_fields_;
    return;
  }
  check(h1::append_fields(head, own), r.url());
  for_each_default(r, who, [&](std::string_view name, std::string_view value) {
    check(h1::append_field(head, name, value), r.url());
  });
}

// `to_proxy`: a connection to a proxy that is sent the request itself (RFC 9112 3.2.2).
std::string client::impl::render(const request& r, const identity& who, const detail::lease* to_proxy) const {
  std::string head;
  head.reserve(256 + r.url().href().size() + default_fields_.size());
  if (to_proxy) {
    const auto target = "http://" + std::string{r.url().host_and_port()}.append(r.url().request_target());
    check(h1::append_request_line(head, r.method(), target), r.url());
    if (!to_proxy->proxy_authorization().empty() && !r.headers().contains(header_id::proxy_authorization))
      check(h1::append_field(head, "Proxy-Authorization", to_proxy->proxy_authorization()), r.url());
  } else {
    check(h1::append_request_line(head, r.method(), r.url().request_target()), r.url());
  }
  const auto& own = r.headers();
  // A length that is not the body's would let the server see another request than the one that was meant.
  if (own.contains(header_id::transfer_encoding))
    refuse_header(r.url().redacted(), header_id::transfer_encoding);
  const auto size = r.body().size();
  if (own.contains(header_id::content_length) && content_length(own) != size)
    refuse_header(r.url().redacted(), header_id::content_length);
  append_headers(head, r, who);
  const bool usually_has_body =
      r.method() == method::post || r.method() == method::put || r.method() == method::patch;
  if (!size)
    head += "Transfer-Encoding: chunked\r\n";
  else if ((usually_has_body || *size != 0) && !own.contains(header_id::content_length))
    h1::append_field(head, "Content-Length", *size);
  h1::append_end_of_head(head);
  return head;
}

// RFC 9112 9.6: who has sent "close" sends nothing more on that connection.
bool client::impl::says_close(const request& r) const noexcept {
  if (!r.headers().contains(header_id::connection)) return closes_by_default_;
  return h1::read_connection(r.headers()).close;
}

awaitable<detail::lease> client::impl::connection_for(const request& r, bool fresh) {
  const auto& timeouts = timeouts_of(r);
  try {
    co_return co_await pool_->acquire(r.url(), fresh, timeouts, r.deadline());
  } catch (const system_error& e) { throw_for(r.url(), e); }
}

// One request and the head of its response; once more on a fresh connection if a kept one was dead.
awaitable<void> client::impl::perform(detail::exchange& e, request& r, const identity& who) {
  auto head = render(r, who);
  const bool last = says_close(r);
  auto lease = pool_->try_acquire(r.url());
  if (!lease) lease = co_await connection_for(r, false);
  if (lease.absolute_form()) head = render(r, who, &lease);
  try {
    co_await e.perform(r, std::move(lease), head, last);
    co_return;
  } catch (const timeout_error&) { throw; } catch (const system_error&) {
    if (!e.died_unanswered() || !r.method().is_idempotent() || !r.body().replayable()) throw;
  }
  co_await e.stop_sending();
  if (!r.body().rewind()) throw system_error(make_error_code(errc::body_not_replayable), r.url().redacted());
  lease = co_await connection_for(r, true);
  co_await e.perform(r, std::move(lease), head, last);
}

// Reads what a redirect says besides, for the sake of the connection and not longer than that is worth.
awaitable<void> client::impl::pass_over(response& r) {
  constexpr std::size_t worth_reading = 64 * 1024;
  constexpr std::chrono::milliseconds worth_waiting{50};
  try {
    co_await wait_for(r.drain(worth_reading), worth_waiting);
  } catch (const system_error&) {  // the body of a redirect is nobody's concern
  }
}

awaitable<response> client::impl::hop(request& r, const identity& who, bool own) {
  auto e = std::make_unique<detail::exchange>(timeouts_of(r), options_.limits, options_.decode, r.deadline());
  co_await perform(*e, r, who);
  const bool ends_here = options_.limits.max_redirects <= 0 || !is_redirect(e->status, e->headers);
  if (ends_here && own)
    e->url = r.take_url();
  else
    e->url = r.url();
  if (!ends_here) co_await e->stop_sending();
  co_return response{std::move(e)};
}

// Over the user's transport: it gets all that goes out.
awaitable<response> client::impl::hop_elsewhere(request& r, const identity& who) {
  request out{r.method(), r.url(), r.headers(), body_access::share(r.body())};
  out.set_timeouts(timeouts_of(r));
  out.set_deadline(r.deadline());
  for_each_default(r, who,
                   [&](std::string_view name, std::string_view value) { out.headers().append(name, value); });
  auto work = wait_for(options_.transport->send(out), detail::time_left(r.deadline()));
  auto answer = co_await std::move(work);
  if (answer.url().href().empty()) answer.set_url(r.url());
  co_return answer;
}

awaitable<response> client::impl::send_through(request& first, bool own) {
  auto* r = &first;
  std::optional<request> later;  // after a redirect
  std::vector<url> redirects;
  identity who;
  who.basic = detail::basic_authorization(r->url());
  while (true) {
    auto work = options_.transport ? hop_elsewhere(*r, who) : hop(*r, who, own || r != &first);
    auto answer = co_await std::move(work);
    if (options_.limits.max_redirects <= 0 || !is_redirect(answer.status(), answer.headers())) {
      response_access::redirects(answer) = std::move(redirects);
      co_return answer;
    }
    redirects.push_back(r->url());
    if (!later) {
      later.emplace(first.method(), first.url(), first.headers(), body_access::share(first.body()));
      if (first.timeouts()) later->set_timeouts(*first.timeouts());
      later->set_deadline(first.deadline());
      r = &*later;
    }
    follow(*r, answer.status(), answer.headers(), who);
    if (redirects.size() > static_cast<std::size_t>(options_.limits.max_redirects)) {
      throw system_error(
          make_error_code(errc::too_many_redirects),
          redirects.front().redacted() + " (limit " + std::to_string(options_.limits.max_redirects) + ")");
    }
    co_await pass_over(answer);
  }
}

awaitable<response> client::impl::send(std::shared_ptr<impl> self, request r) {
  if (!r.url().is_http()) throw system_error(make_error_code(errc::unsupported_scheme), r.url().redacted());
  const auto total = r.timeouts() ? r.timeouts()->total : self->options_.timeouts.total;
  if (!r.body().rewind()) throw system_error(make_error_code(errc::body_not_replayable), r.url().redacted());
  if (total != forever) r.set_deadline(bight::detail::deadline_after(clock::now(), total));
  co_return co_await self->chain_.call(0, r);
}

client::client() : client(client_options{}) {}
client::client(client_options options) : impl_(std::make_shared<impl>(std::move(options))) {}

awaitable<response> client::send(request&& r) { return impl::send(impl_, std::move(r)); }
awaitable<response> client::send(request& r) {
  request copy{r.method(), r.url(), r.headers(), body_access::share(r.body())};
  if (r.timeouts()) copy.set_timeouts(*r.timeouts());
  return impl::send(impl_, std::move(copy));
}
awaitable<response> client::get(const url& where) { return send(request{where}); }
// What is wrong with the URL is thrown by the await, like every other error.
awaitable<response> client::get(std::string_view where) {
  if (auto parsed = url::parse(where)) return send(request{std::move(*parsed)});
  return [](client self, std::string text) -> awaitable<response> {
    request r{url{text}};
    co_return co_await self.send(std::move(r));
  }(*this, std::string{where});
}

void client::add_middleware(client_middleware m) { impl_->add_middleware(std::move(m)); }
std::size_t client::connections() const noexcept { return impl_->connections().metrics().open; }
std::size_t client::idle_connections() const noexcept { return impl_->connections().metrics().idle; }
pool_metrics client::connection_metrics() const noexcept { return impl_->connections().metrics(); }
void client::close_idle() noexcept { impl_->connections().close_idle(); }

}  // namespace bight::http
