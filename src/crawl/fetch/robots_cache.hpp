// robots.txt of every host that is crawled, asked for once.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/event.hpp>
#include <bight/crawl/robots.hpp>
#include <bight/http/client.hpp>
#include <memory>
#include <string>
#include <unordered_map>

namespace bight::crawl {

/// What is known of a host's robots.txt.
struct robots_answer {
  robots_rules rules;
  /// Why nothing may be fetched: the host cannot be reached. Empty otherwise.
  std::string unreachable;
  /// Why the rules disallow everything although there are none: "robots.txt: 503 Service Unavailable".
  std::string refused;
};

class robots_cache {
 public:
  robots_cache(http::client client, std::string product)
      : client_(std::move(client)), product_(std::move(product)) {}

  /// The answer of the host of `where`; the first to ask fetches it, the others wait. `fresh` tells the
  /// first.
  awaitable<robots_answer> ask(const http::url& where, bool& fresh);

 private:
  struct entry {
    event known;
    robots_answer answer;
    bool asking = false;
  };
  awaitable<robots_answer> fetch(http::url where);

  http::client client_;
  std::string product_;
  std::unordered_map<std::string, std::shared_ptr<entry>> hosts_;
};

}  // namespace bight::crawl
