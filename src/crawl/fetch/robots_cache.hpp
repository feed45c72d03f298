// The robots.txt of each host.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/backoff.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/single_flight.hpp>
#include <bight/crawl/crawl_options.hpp>
#include <bight/crawl/fetch_events.hpp>
#include <bight/crawl/robots.hpp>
#include <bight/http/client.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <string>
#include <unordered_map>

namespace bight::crawl {

/// The robots.txt of a host.
struct robots_answer {
  robots_rules rules;
  /// Set if the host cannot be reached: the error.
  std::string unreachable;
  /// Set if everything is disallowed because of the response: "robots.txt: 503 Service Unavailable". That the
  /// host has no good answer to this request says nothing about its pages.
  std::string refused;
  boost::system::error_code code;  ///< Of a request that failed.
  /// Set if the attempt failed. With fetch_failure::retry_in, there are no rules yet.
  std::optional<fetch_failure> failure;
  clock::time_point expires;
  bool pending() const noexcept { return failure && failure->retry_in; }
};

/// Fetches each robots.txt once a day. After a failure it is to be asked again a few times, and then RFC 9309
/// decides; that answer holds for some minutes.
class robots_cache {
 public:
  robots_cache(http::client client, const crawl_options& options);

  /// The answer for the host of `where`; concurrent callers share the request. `fresh` is set for the first
  /// caller that gets it.
  awaitable<robots_answer> ask(const http::url& where, bool& fresh);

  /// The answer for an origin, if it is known and still holds. Lifetime: until the next call of `ask`.
  const robots_answer* known(const std::string& origin) const noexcept {
    const auto found = answers_.find(origin);
    return found != answers_.end() && found->second.expires > clock::now() ? &found->second : nullptr;
  }

 private:
  struct attempts {
    std::uint32_t failed = 0;
    clock::time_point since;
  };
  awaitable<robots_answer> fetch(http::url where);
  awaitable<void> read(http::url where, robots_answer& answer, std::chrono::nanoseconds& retry_after);
  void plan_retry(const std::string& origin, robots_answer& answer, std::chrono::nanoseconds retry_after);

  http::client client_;
  const crawl_options& options_;
  backoff backoff_;
  std::unordered_map<std::string, robots_answer> answers_;  // by origin
  std::unordered_map<std::string, attempts> attempts_;      // of those without an answer
  single_flight<std::string, robots_answer> fetches_;
};

}  // namespace bight::crawl
