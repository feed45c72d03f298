#include "crawl/fetch/robots_cache.hpp"

#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>

#include "crawl/fetch/describe_error.hpp"

namespace bight::crawl {

awaitable<robots_answer> robots_cache::fetch(http::url where) {
  const robots_limits limits;
  robots_answer answer;
  try {
    auto response = co_await client_.get(where);
    switch (robots_status(response.status().code())) {
      case robots_access::allow_all: {
        co_await response.drain();
        co_return answer;
      }
      case robots_access::disallow_all: {
        answer.rules = robots_rules::disallow_all();
        answer.refused = "robots.txt: " + std::to_string(response.status().code()) + ' ' +
                         std::string{response.status().reason_phrase()};
        co_return answer;
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
  } catch (const boost::system::system_error& e) {
    if (e.code() == http::errc::too_many_redirects) co_return answer;  // RFC 9309 2.3.1.2: unavailable
    answer.rules = robots_rules::disallow_all();                       // RFC 9309 2.3.1.4
    answer.unreachable = describe_error(e, where.redacted());
  }
  co_return answer;
}

awaitable<robots_answer> robots_cache::ask(const http::url& where, bool& fresh) {
  const auto origin = where.origin();
  if (const auto known = answers_.find(origin); known != answers_.end()) co_return known->second;
  auto robots = http::url::parse("/robots.txt", where);
  auto download = [this, url = std::move(*robots)] { return fetch(url); };
  auto answer = co_await fetches_.run(origin, std::move(download));
  fresh = answers_.emplace(origin, answer).second;
  co_return answer;
}

}  // namespace bight::crawl
