#include "http/client/core.hpp"

#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <bight/core/retry.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <bight/http/proxy.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "http/body_access.hpp"
#include "http/client/retry_after.hpp"
#include "http/h1/chars.hpp"
#include "http/server/cookie_header.hpp"

namespace bight::http {

struct response_access {
  static std::vector<redirect>& history(response& r) noexcept { return r.exchange_->history; }
  static void hold_if_here(response& r) noexcept { r.exchange_->hold_if_here(); }
};

namespace detail {

using boost::system::system_error;

namespace {

constexpr std::uint64_t expect_from = 1U << 20U;  // as curl

// What the error says besides its code.
std::string detail_of(const system_error& e) {
  const std::string code = e.code().what();
  std::string text = e.what();
  if (!text.ends_with(code)) return text;
  text.resize(text.size() - code.size());
  while (text.ends_with(' ') || text.ends_with(':')) text.pop_back();
  return text;
}

// An error of connecting, with the URL in front.
[[noreturn]] void throw_for(const url& where, const system_error& e) {
  const auto detail = detail_of(e);
  const auto text = detail.empty() ? where.redacted() : where.redacted() + ": " + detail;
  if (e.code() == bight::errc::timed_out) throw timeout_error{text};
  throw system_error(e.code(), text);
}

[[noreturn]] void throw_not_replayable(const request& r) {
  throw system_error(make_error_code(errc::body_not_replayable), r.url().redacted());
}

// Forwarding proxies know nothing of other protocols (RFC 6455 section 4.1).
bool switches_protocol(const request& r) noexcept { return r.headers().contains(header_id::upgrade); }

// A page could otherwise lead the client into its user's session elsewhere.
bool is_bare(const request& r, const identity& who) noexcept {
  return who.cross_origin && switches_protocol(r);
}

bool expects_continue(const request& r) noexcept {
  if (r.body().empty()) return false;
  if (r.expect_continue()) return *r.expect_continue();
  return r.body().size().value_or(0) >= expect_from;
}

// Reads the rest of a response that is not returned, so that its connection can be reused, within limits.
awaitable<void> pass_over(response& r) {
  constexpr std::size_t max_size = 64 * 1024;
  constexpr std::chrono::milliseconds max_time{50};
  try {
    co_await wait_for(r.drain(max_size), max_time);
  } catch (const system_error&) {}
}

// What a server has set anew on the way is the jar's from there on.
void forget_cookies_set_by(headers_view answer, request& r) {
  if (!r.headers().contains(header_id::cookie) || !answer.contains(header_id::set_cookie)) return;
  std::string kept;
  for_each_cookie(r.headers(), [&](std::string_view name, std::string_view value) {
    bool is_set = false;
    for (const std::string_view line : answer.get_all(header_id::set_cookie))
      is_set = is_set || name == h1::trim_ows(line.substr(0, line.find_first_of("=;")));
    if (!is_set)
      kept.append(kept.empty() ? "" : "; ").append(name).append(name.empty() ? "" : "=").append(value);
    return true;
  });
  if (kept.empty())
    r.headers().remove(header_id::cookie);
  else
    r.headers().set(header_id::cookie, kept);
}

request copy_of(request& r) {
  request copy = r.with_body(body_access::share(r.body()));
  return copy;
}

// A status that `retry` tries again.
class temporary_answer : public status_error {
 public:
  explicit temporary_answer(const response& r)
      : status_error(r.status(), r.url().redacted(), delay_asked_for(r.headers())) {}
};

}  // namespace

awaitable<response> client_chain::call(std::size_t position, request& r) {
  if (position == around_.size()) return owner_->send_through(r, around_.empty());
  return around_[position](r, client_next{*this, position + 1});
}

static client_options with_environment(client_options options) {
  if (options.proxy || options.proxy_for || !options.unix_socket.empty() || !options.trust_environment)
    return options;
  auto settings = proxy_settings::from_environment();
  if (!settings.empty())
    options.proxy_for = [settings = std::move(settings)](const url& where) {
      return settings.for_url(where);
    };
  return options;
}

client_core::client_core(client_options options)
    : options_(with_environment(std::move(options))),
      chain_(*this),
      heads_(options_),
      credentials_(options_),
      pool_(std::make_shared<pool>(options_, options_.resolver ? *options_.resolver : net::resolver{})) {
  if (options_.retries) options_.retries->retry_after(retry_after);
}

awaitable<response> client_core::send(std::shared_ptr<client_core> self, request r) {
  if (!r.url().is_http()) throw system_error(make_error_code(errc::unsupported_scheme), r.url().redacted());
  const auto total = r.timeouts() ? r.timeouts()->total : self->options_.timeouts.total;
  if (!r.body().rewind()) throw_not_replayable(r);
  if (total != forever) r.set_deadline(bight::detail::deadline_after(clock::now(), total));
  ++self->metrics_.calls;
  struct counted {
    client_metrics* failing;
    ~counted() {
      if (failing) ++failing->failed;
    }
  } outcome{&self->metrics_};
  auto answer = co_await self->chain_.call(0, r);
  outcome.failing = nullptr;
  co_return answer;
}

client_metrics client_core::metrics() const noexcept {
  auto all = metrics_;
  all.connections = pool_->metrics();
  return all;
}

awaitable<response> client_core::send_through(request& r, bool own) {
  const bool retries =
      options_.retries && r.retry().value_or(r.method().is_idempotent()) && r.body().replayable();
  return retries ? send_retrying(r) : follow_redirects(r, own);
}

// `last`: the answer of the attempt before, which is kept in case that it was the last one.
awaitable<response> client_core::attempt(request& r, std::optional<response>& last) {
  if (!r.body().rewind()) throw_not_replayable(r);
  if (last) co_await pass_over(*last);
  last.reset();
  auto answer = co_await follow_redirects(r, false);
  if (!answer.status().is_temporary()) co_return answer;
  response_access::hold_if_here(answer);
  last.emplace(std::move(answer));
  throw temporary_answer{*last};
}

awaitable<response> client_core::send_retrying(request& r) {
  auto policy = *options_.retries;
  if (r.deadline() != clock::time_point::max()) policy.deadline(r.deadline());
  std::optional<response> last;
  const auto once_more = [this, &r, &last, first = true]() mutable {
    if (!std::exchange(first, false)) ++metrics_.retries;
    return attempt(r, last);
  };
  auto work = bight::retry(std::move(policy), once_more);
  try {
    co_return co_await std::move(work);
  } catch (const temporary_answer&) {}
  co_return std::move(*last);
}

awaitable<lease> client_core::connection_for(const request& r, bool fresh) {
  const auto& timeouts = timeouts_of(r);
  try {
    co_return co_await pool_->acquire(r.url(), switches_protocol(r), fresh, timeouts, r.deadline());
  } catch (const system_error& e) { throw_for(r.url(), e); }
}

awaitable<void> client_core::perform_over(exchange& e, request& r, const identity& who, lease l) {
  const auto* const to_proxy = l.absolute_form() ? &l : nullptr;
  heads_.render(head_, r, who, e.expects(), to_proxy);
  return e.perform(r, std::move(l), head_, heads_.says_close(r));
}

// Sends the request, and once more on a new connection if a reused one was dead.
awaitable<void> client_core::perform(exchange& e, request& r, const identity& who) {
  struct at_end {
    exchange& e;
    ~at_end() { e.forget_request(); }
  } const forget{e};
  auto leased = pool_->try_acquire(r.url(), switches_protocol(r));
  if (!leased) leased = co_await connection_for(r, false);
  try {
    auto work = perform_over(e, r, who, std::move(leased));
    co_await std::move(work);
    co_return;
  } catch (const timeout_error&) { throw; } catch (const system_error&) {
    if (!e.died_unanswered() || !r.method().is_idempotent() || !r.body().replayable()) throw;
  }
  co_await e.stop_sending();
  if (!r.body().rewind()) throw_not_replayable(r);
  ++metrics_.replays;
  ++e.timeline.replays;
  leased = co_await connection_for(r, true);
  auto work = perform_over(e, r, who, std::move(leased));
  co_await std::move(work);
}

awaitable<response> client_core::hop_over_network(request& r, const identity& who, bool own) {
  const bool decode = r.decode().value_or(options_.decode);
  auto limits = options_.limits;
  limits.max_body = r.max_body().value_or(limits.max_body);
  auto e = std::make_unique<exchange>(timeouts_of(r), limits, decode, r.deadline());
  e->timeline.start = clock::now();
  e->expect(expects_continue(r) && !r.headers().contains(header_id::expect));
  co_await perform(*e, r, who);
  if (e->status == status::expectation_failed && e->expects() && r.body().rewind()) {  // RFC 9110 10.1.1
    co_await e->stop_sending();
    const auto start = e->timeline.start;
    e = std::make_unique<exchange>(timeouts_of(r), limits, decode, r.deadline());
    e->timeline.start = start;
    co_await perform(*e, r, who);
  }
  const bool ends_here = max_redirects_of(r) <= 0 || !is_redirect(e->status, e->headers);
  if (ends_here && own)
    e->url = r.take_url();
  else
    e->url = r.url();
  if (!ends_here) co_await e->stop_sending();
  co_return response{std::move(e)};
}

// Over the user's transport: it gets all that would be sent.
awaitable<response> client_core::hop_over_transport(request& r, const identity& who) {
  auto out = copy_of(r);
  out.set_timeouts(timeouts_of(r));
  out.set_deadline(r.deadline());
  if (!who.cookie.empty()) out.headers().remove(header_id::cookie);
  heads_.for_each_default(
      r, who, [&](std::string_view name, std::string_view value) { out.headers().append(name, value); });
  auto work = wait_for(options_.transport->send(out), time_left(r.deadline()));
  auto answer = co_await std::move(work);
  if (answer.url().href().empty()) answer.set_url(r.url());
  co_return answer;
}

awaitable<response> client_core::hop_with(request& r, const identity& who, bool own) {
  ++metrics_.requests;
  return options_.transport ? hop_over_transport(r, who) : hop_over_network(r, who, own);
}

// Those of the request, and of the jar those of other names: some servers take the first of a name, others
// the last.
std::string client_core::cookies_for(const request& r, const identity& who) const {
  if (!options_.cookies || options_.cookies->empty()) return {};
  const bool has_own = r.headers().contains(header_id::cookie);
  headers_view own;
  if (has_own || !who.cross_origin) own = has_own ? r.headers() : options_.default_headers;
  if (!own.contains(header_id::cookie)) return options_.cookies->cookie_header(r.url());
  std::string all;
  for (const auto line : own.get_all(header_id::cookie)) all.append(all.empty() ? "" : "; ").append(line);
  for (const auto& c : options_.cookies->all(r.url())) {
    if (find_cookie(own, c.name)) continue;
    all.append("; ").append(c.name).append(c.name.empty() ? "" : "=").append(c.value);
  }
  return all;
}

awaitable<response> client_core::hop(request& r, identity& who, bool own) {
  const bool plain = !options_.cookies && !who.digest && !options_.on_request && !options_.on_response;
  return plain ? hop_with(r, who, own) : observed_hop(r, who, own);
}

// Cookies, challenges and hooks.
awaitable<response> client_core::observed_hop(request& r, identity& who, bool own) {
  for (unsigned attempts = 0;; ++attempts) {
    credentials::answer(r, who);
    who.cookie = is_bare(r, who) ? std::string{} : cookies_for(r, who);
    if (options_.on_request) options_.on_request(r);
    auto answer = co_await hop_with(r, who, own && !who.digest);
    if (options_.cookies && answer.headers().contains(header_id::set_cookie))
      options_.cookies->store(answer.url(), answer.headers());
    if (options_.on_response) options_.on_response(answer);
    if (!credentials::challenged(answer, attempts, who)) co_return answer;
    if (!r.body().rewind()) throw_not_replayable(r);
    co_await pass_over(answer);
  }
}

awaitable<response> client_core::follow_redirects(request& first, bool own) {
  if (!first.body().rewind()) throw_not_replayable(first);  // middleware may send it several times
  auto* r = &first;
  std::optional<request> later;  // after a redirect
  std::vector<redirect> history;
  identity who;
  credentials_.begin(*r, who);
  const auto limit = max_redirects_of(first);
  while (true) {
    auto work = hop(*r, who, own || r != &first);
    auto answer = co_await std::move(work);
    if (limit <= 0 || !is_redirect(answer.status(), answer.headers())) {
      if (!history.empty()) response_access::history(answer) = std::move(history);
      co_return answer;
    }
    if (!later) {
      later.emplace(copy_of(first));
      r = &*later;
    }
    auto& hop_done = history.emplace_back();
    hop_done.url = r->url();
    hop_done.status = answer.status();
    const bool was_elsewhere = std::exchange(who.cross_origin, false);
    follow(*r, answer.status(), answer.headers(), who);
    if (options_.cookies) forget_cookies_set_by(answer.headers(), *r);
    if (who.cross_origin && !is_bare(*r, who)) credentials_.arrive(*r, who);
    who.cross_origin = who.cross_origin || was_elsewhere;
    ++metrics_.redirects;
    if (history.size() > static_cast<std::size_t>(limit)) {
      throw system_error(make_error_code(errc::too_many_redirects),
                         history.front().url.redacted() + " (limit " + std::to_string(limit) + ")");
    }
    co_await pass_over(answer);
    hop_done.headers = std::move(answer.headers());
  }
}

}  // namespace detail

awaitable<response> client_next::operator()(request& r) const { return chain_->call(position_, r); }

}  // namespace bight::http
