#include "crawl/fetch/robots_cache.hpp"

#include <algorithm>
#include <bight/http/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "crawl/fetch/describe_error.hpp"
#include "crawl/fetch/retry_after.hpp"
#include "crawl/fetch/retryable.hpp"

namespace bight::crawl {
namespace {

using namespace std::chrono_literals;

constexpr int max_redirects = 5;                // RFC 9309 2.3.1.2
constexpr std::chrono::nanoseconds good = 24h;  // RFC 9309 2.4
constexpr std::chrono::nanoseconds bad = 5min;

// An error of the answer, not of the way to the host.
bool has_answered(const boost::system::error_code& code) {
  return code.category() == http::http_category() || code == boost::system::errc::connection_reset;
}

}  // namespace

robots_cache::robots_cache(http::client client, const crawl_options& options)
    : client_(std::move(client)), options_(options), backoff_(retry_backoff()) {}

awaitable<void> robots_cache::read(http::url where, robots_answer& answer,
                                   std::chrono::nanoseconds& retry_after) {
  const robots_limits limits;
  auto request = client_.get(std::move(where));
  request.max_redirects(max_redirects).timeout(options_.fetch_timeout).retry(false);
  auto response = co_await std::move(request);
  const int status = response.status().code();
  switch (robots_status(status)) {
    case robots_access::allow_all: {
      co_await response.drain();
      co_return;
    }
    case robots_access::disallow_all: {
      answer.rules = robots_rules::disallow_all();
      answer.refused = "robots.txt: " + status_text(response.status());
      answer.failure.emplace();
      answer.failure->status = status;
      answer.failure->error = answer.refused;
      if (const auto after = response.headers().get(http::header_id::retry_after))
        retry_after = read_retry_after(*after);
      co_return;
    }
    case robots_access::parse:
      break;
  }
  std::string body;
  while (body.size() <= limits.max_bytes) {  // what is beyond does not count
    const auto piece = co_await response.read_piece();
    if (piece.empty()) break;
    body.append(piece);
  }
  answer.rules = robots_rules::parse(body, limits);
}

awaitable<robots_answer> robots_cache::fetch(http::url where) {
  robots_answer answer;
  std::chrono::nanoseconds retry_after{-1};
  try {
    co_await read(where, answer, retry_after);
  } catch (const boost::system::system_error& e) {
    if (e.code() != http::errc::too_many_redirects) {  // RFC 9309 2.3.1.2: unavailable, as a missing one
      answer.rules = robots_rules::disallow_all();     // RFC 9309 2.3.1.4
      auto text = describe_error(e, where.redacted());
      answer.code = e.code();
      answer.failure.emplace();
      answer.failure->error = text;
      if (has_answered(e.code()))
        answer.refused = "robots.txt: " + std::move(text);
      else
        answer.unreachable = std::move(text);
      if (!is_retryable(e.code())) answer.failure->attempt = options_.max_retries;
    }
  }
  if (answer.failure) {
    answer.failure->url = where;
    plan_retry(where.origin(), answer, retry_after);
  } else {
    attempts_.erase(where.origin());
  }
  answer.expires = clock::now() + (answer.failure ? bad : good);
  co_return answer;
}

void robots_cache::plan_retry(const std::string& origin, robots_answer& answer,
                              std::chrono::nanoseconds retry_after) {
  auto& f = *answer.failure;
  const auto now = clock::now();
  auto& past = attempts_[origin];
  if (past.failed == 0) past.since = now;
  f.attempt = std::max(f.attempt, past.failed++);
  // A host that says when to come back is believed for some time.
  const bool told = retry_after >= retry_after.zero();
  const auto own = told && past.failed <= 2 ? clock::duration::zero() : backoff_.delay(past.failed);
  const auto wait = std::max(own, std::min(retry_after, options_.max_retry_after));
  const bool patient = asks_to_wait(f.status) && (told || f.status == 429);
  const bool again =
      patient ? now + wait - past.since <= options_.max_host_wait : f.attempt < options_.max_retries;
  if (again)
    f.retry_in = wait;
  else
    attempts_.erase(origin);
}

awaitable<robots_answer> robots_cache::ask(const http::url& where, bool& fresh) {
  auto origin = where.origin();
  if (const auto known = answers_.find(origin); known != answers_.end()) {
    if (known->second.expires > clock::now()) co_return known->second;
    answers_.erase(known);
  }
  auto robots = http::url::parse("/robots.txt", where);
  auto download = [this, url = std::move(*robots)] { return fetch(url); };
  auto answer = co_await fetches_.run(origin, std::move(download));
  if (!answer.pending()) fresh = answers_.emplace(std::move(origin), answer).second;
  co_return answer;
}

}  // namespace bight::crawl
