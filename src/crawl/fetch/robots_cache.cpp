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
  auto& slot = hosts_[where.origin()];
  if (!slot) slot = std::make_shared<entry>();
  const auto e = slot;
  while (!e->known.is_set()) {
    if (e->asking) {
      co_await e->known.wait();
      continue;
    }
    // A worker that is cancelled while it asks leaves the question to the next one.
    struct asking {
      entry& e;
      ~asking() {
        e.asking = false;
        e.known.set();
        if (!answered) e.known.clear();
      }
      bool answered = false;
    } mine{*e};
    e->asking = true;
    auto robots = http::url::parse("/robots.txt", where);
    e->answer = co_await fetch(std::move(*robots));
    mine.answered = fresh = true;
  }
  co_return e->answer;
}

}  // namespace bight::crawl
