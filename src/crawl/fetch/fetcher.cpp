#include "crawl/fetch/fetcher.hpp"

#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <limits>
#include <string>
#include <utility>

#include "crawl/fetch/describe_error.hpp"
#include "crawl/fetch/retry_after.hpp"
#include "crawl/fetch/retryable.hpp"
#include "crawl/fetch/url_text.hpp"

namespace bight::crawl {
namespace {

// Text of a server for the terminal, without control characters.
std::string printable(std::string_view text) {
  std::string clean{text.substr(0, 200)};
  for (auto& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return clean;
}

}  // namespace

fetcher::fetcher(http::client client, scope& s, const crawl_options& options, const crawl_hooks& hooks,
                 bool cut_depth)
    : client_(std::move(client)),
      scope_(s),
      options_(options),
      hooks_(hooks),
      reader_(s, options, hooks, cut_depth) {}

awaitable<void> fetcher::fetch(const assignment& a, fetched& out, std::uint32_t redirects) {
  const auto started = clock::now();
  auto& p = out.result;
  p.url = p.final_url = a.url;
  p.depth = a.depth;
  p.seed = a.from_seed;
  p.referrer = a.referrer;
  auto request = client_.get(a.url);
  if (hooks_.on_request) {
    const bool go_on = co_await ask_on_request(a, request, out);
    if (!go_on) co_return;
  }
  auto response = co_await send(std::move(request), a, redirects, out);
  if (response) {
    std::optional<assignment> moved;
    if (redirects != 0) moved.emplace(a).url = p.final_url = response->url();
    const auto& there = moved ? *moved : a;
    read_head(*response, out);
    if (response->status().is_redirection()) redirect(there, *response, out);
    bool wants_body = redirects == 0 || scope_.decide(there.url);
    if (wants_body && hooks_.on_response) wants_body = co_await ask_on_response(a, *response);
    if (wants_body) co_await reader_.read(*response, there, out);
    p.bytes = response->received();
    p.headers = std::move(response->headers());
  }
  p.elapsed = clock::now() - started;
}

// Redirects are pages of their own, and sizes are limited by the reader, which keeps what it has.
awaitable<std::optional<http::response>> fetcher::send(http::request_builder request, const assignment& a,
                                                       std::uint32_t redirects, fetched& out) {
  std::optional<http::response> response;
  try {
    request.max_redirects(static_cast<int>(redirects))
        .max_body(std::numeric_limits<std::uint64_t>::max())
        .retry(false);
    request.timeout(options_.fetch_timeout);
    response.emplace(co_await std::move(request));
  } catch (const boost::system::system_error& e) {
    out.result.error = describe_error(e, a.url.redacted());
    out.result.code = e.code();
    out.retryable = is_retryable(e.code());
  }
  co_return response;
}

awaitable<bool> fetcher::ask_on_request(const assignment& a, http::request_builder& request, fetched& out) {
  page_request about{a.url, a.depth, a.attempt, a.referrer};
  auto told = hooks_.on_request(about);
  co_await std::move(told);
  if (about.skipped()) {
    out.skipped = true;
    out.result.error = *about.skipped();
    co_return false;
  }
  if (!about.headers().empty()) request.headers(about.headers());
  co_return true;
}

awaitable<bool> fetcher::ask_on_response(const assignment& a, const http::response& response) {
  page_response about{a.url, response.status(), response.headers()};
  auto told = hooks_.on_response(about);
  co_await std::move(told);
  co_return !about.body_skipped();
}

void fetcher::read_head(const http::response& response, fetched& out) {
  auto& p = out.result;
  const auto& h = response.headers();
  p.status = response.status().code();
  if (const auto type = h.get(http::header_id::content_type)) p.content_type = *type;
  out.retryable = is_retryable_status(p.status);
  if (const auto after = h.get(http::header_id::retry_after)) out.retry_after = read_retry_after(*after);
  if (p.status >= 400) p.error = status_text(response.status());
}

void fetcher::redirect(const assignment& a, const http::response& response, fetched& out) {
  const int code = response.status().code();
  const auto location = response.headers().get(http::header_id::location);
  if (code == 304 || code == 300 || code == 305 || code == 306) return;
  if (!location || location->empty()) {
    out.result.error = "redirect without Location";
    return;
  }
  if (!http::url::resolve_into(keep_bytes(*location, location_), a.url, target_)) {
    out.result.error = "redirect to an invalid URL: " + printable(http::redacted(*location));
    return;
  }
  settle_credentials(a.url, target_, true);
  out.result.final_url = target_;
  out.redirected = true;
  if (a.redirects >= options_.max_redirects) {
    out.result.error = "too many redirects (limit " + std::to_string(options_.max_redirects) + ")";
    return;
  }
  if (a.from_seed && scope_.follow_seed(a.url, target_))
    out.result.warnings.push_back("redirects to " + target_.redacted() + ", which the scope includes now");
  reader_.add(target_, a.depth, link_kind::refresh, true, out);
}

}  // namespace bight::crawl
