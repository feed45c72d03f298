// The robots.txt of each host, fetched once.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/single_flight.hpp>
#include <bight/crawl/robots.hpp>
#include <bight/http/client.hpp>
#include <string>
#include <unordered_map>

namespace bight::crawl {

/// The robots.txt of a host.
struct robots_answer {
  robots_rules rules;
  /// Set if the host cannot be reached: the error.
  std::string unreachable;
  /// Set if everything is disallowed because of the response status: "robots.txt: 503 Service Unavailable".
  std::string refused;
};

class robots_cache {
 public:
  robots_cache(http::client client, std::string product)
      : client_(std::move(client)), product_(std::move(product)) {}

  /// The answer for the host of `where`, fetched once; concurrent callers share the request. `fresh` is set
  /// for the first caller that gets it.
  awaitable<robots_answer> ask(const http::url& where, bool& fresh);

 private:
  awaitable<robots_answer> fetch(http::url where);

  http::client client_;
  std::string product_;
  std::unordered_map<std::string, robots_answer> answers_;  // by origin
  single_flight<std::string, robots_answer> fetches_;
};

}  // namespace bight::crawl
