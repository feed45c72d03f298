#include "crawl/fetch/fetcher.hpp"

#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <bight/http/date.hpp>
#include <bight/http/error.hpp>
#include <bight/net/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>

#include "crawl/fetch/describe_error.hpp"

namespace bight::crawl {
namespace {

using boost::system::system_error;

link_options options_for(link_source source, std::string robots_name) {
  link_options o;
  o.source = source;
  o.robots_name = std::move(robots_name);
  return o;
}

// Seconds or a date (RFC 9110 10.2.3).
std::chrono::nanoseconds read_retry_after(std::string_view value) {
  unsigned seconds = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (ec == std::errc{} && end == value.data() + value.size()) return std::chrono::seconds{seconds};
  const auto now = std::chrono::floor<std::chrono::seconds>(wall_clock::now());
  const auto date = http::parse_date(value, now);
  return date ? std::max(*date - now, std::chrono::seconds{0}) : std::chrono::nanoseconds{-1};
}

// Errors after which a retry may succeed.
bool is_retryable(const boost::system::error_code& ec) {
  if (ec.category() == http::http_category())
    return ec == http::errc::truncated || ec == http::errc::server_closed;
  if (ec.category() == net::net_category())
    return ec == net::errc::resolver_failed || ec == net::errc::tls_truncated;
  return true;  // system errors and timeouts
}

// Text of a server for the terminal, without control characters.
std::string printable(std::string_view text) {
  std::string clean{text.substr(0, 200)};
  for (auto& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return clean;
}

}  // namespace

std::string product_of(std::string_view user_agent) {
  return std::string{user_agent.substr(0, user_agent.find_first_of("/ "))};
}

fetcher::fetcher(http::client client, const scope& s, const crawl_options& options)
    : client_(std::move(client)),
      scope_(s),
      options_(options),
      product_(product_of(options.user_agent)),
      html_(options_for(link_source::html, product_)),
      css_(options_for(link_source::css, product_)) {}

awaitable<void> fetcher::fetch(const assignment& a, fetched& out) {
  const auto started = clock::now();
  auto& p = out.result;
  p.url = p.final_url = a.url;
  p.depth = a.depth;
  p.referrer = a.referrer;
  try {
    auto response = co_await client_.get(a.url);
    p.status = response.status().code();
    read_headers(response, out);
    const auto type = http::media_type_view::parse(p.content_type);
    const bool success = response.status().is_success();
    const bool html = success && type && (type->is("text", "html") || type->is("application", "xhtml+xml"));
    const bool css = success && type && type->is("text", "css");
    if (response.status().is_redirection()) redirect(a, response, out);
    if (html || css) {
      auto& extractor = html ? html_ : css_;
      extractor.reset();
      raw_.clear();
      raw_text_.clear();
      p.html = html;
      co_await read_links(response, extractor);
      bool nofollow = false;
      if (options_.obey_robots) {
        robots_directives robots = extractor.facts().robots;
        for (const auto value : response.headers().get_all(http::header_id::x_robots_tag))
          parse_x_robots_tag(value, product_, robots);
        nofollow = robots.nofollow;
      }
      resolve_links(a, extractor.facts(), nofollow, out);
    } else {
      constexpr std::size_t max_drain = 1U << 20U;  // beyond it, closing the connection is cheaper
      co_await response.drain(max_drain);
    }
    p.bytes = response.received();
  } catch (const system_error& e) {
    p.error = describe_error(e, a.url.redacted());
    out.retryable = is_retryable(e.code());
  }
  p.elapsed = clock::now() - started;
}

void fetcher::read_headers(const http::response& response, fetched& out) {
  auto& p = out.result;
  const auto& h = response.headers();
  if (const auto type = h.get(http::header_id::content_type)) p.content_type = *type;
  const int code = response.status().code();
  out.retryable = code == 429 || code == 502 || code == 503 || code == 504;
  if (const auto after = h.get(http::header_id::retry_after)) out.retry_after = read_retry_after(*after);
  if (code >= 400) {
    p.error = std::to_string(code);
    if (const auto phrase = response.status().reason_phrase(); !phrase.empty())
      p.error.append(" ").append(phrase);
  }
}

void fetcher::redirect(const assignment& a, const http::response& response, fetched& out) {
  const int code = response.status().code();
  const auto location = response.headers().get(http::header_id::location);
  if (code == 304 || code == 300 || code == 305 || code == 306) return;
  if (!location || location->empty()) {
    out.result.error = "redirect without Location";
    return;
  }
  if (!http::url::resolve_into(*location, a.url, target_)) {
    out.result.error = "redirect to an invalid URL: " + printable(http::redacted(*location));
    return;
  }
  settle_credentials(a.url, true);
  out.result.final_url = target_;
  out.redirected = true;
  if (a.redirects >= options_.max_redirects) {
    out.result.error = "too many redirects (limit " + std::to_string(options_.max_redirects) + ")";
    return;
  }
  add(target_, a.depth, link_kind::refresh, true, out);
}

// User name and password hold for a whole origin, also where a page writes its own address out in full. Of
// another origin, a redirect does not choose what is sent to it.
void fetcher::settle_credentials(const http::url& from, bool redirect) {
  if (!from.has_credentials() && !(redirect && target_.has_credentials())) return;
  const bool same = target_.is_http() && target_.origin() == from.origin();
  if (same && !target_.has_credentials()) {
    static_cast<void>(target_.set_username(from.username()) && target_.set_password(from.password()));
  } else if (!same && redirect) {
    static_cast<void>(target_.set_username({}) && target_.set_password({}));
  }
}

awaitable<void> fetcher::read_links(http::response& response, link_extractor& extractor) {
  auto sink = [this](const link& l) {
    raw_.push_back({raw_text_.size(), l.url.size(), l.kind, l.nofollow});
    raw_text_.append(l.url);
  };
  while (true) {
    const auto piece = co_await response.read_piece();
    if (piece.empty()) break;
    extractor.feed(piece, sink);
  }
  extractor.finish(sink);
}

// Links count against the base of the whole page, which may come after the first of them.
void fetcher::resolve_links(const assignment& a, const page_facts& facts, bool nofollow, fetched& out) {
  http::url base = a.url;
  if (facts.base) {
    http::url declared;
    if (http::url::resolve_into(*facts.base, a.url, declared) && declared.is_http())
      base = std::move(declared);
  }
  for (const auto& l : raw_) {
    if (options_.obey_robots && (nofollow || l.nofollow)) continue;
    const auto reference = std::string_view{raw_text_}.substr(l.begin, l.size);
    if (reference.starts_with('#')) continue;
    if (!http::url::resolve_into(reference, base, target_) || !target_.is_http()) continue;
    settle_credentials(a.url, false);
    ++out.result.links;
    add(target_, a.depth + 1, l.kind, false, out);
  }
}

void fetcher::add(const http::url& target, std::uint32_t depth, link_kind kind, bool is_redirect,
                  fetched& out) {
  if (depth > options_.max_depth || !scope_.decide(target)) return;
  out.found.add(target.href_without_fragment(), depth, kind, is_redirect);
}

}  // namespace bight::crawl
