#include <bight/crawl/external_checker.hpp>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/core/lock.hpp>
#include <bight/core/rate_limiter.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/single_flight.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <unordered_map>
#include <unordered_set>

#include "crawl/check/page_ids.hpp"
#include "crawl/check/verdicts.hpp"
#include "crawl/fetch/retryable.hpp"
#include "crawl/fetch/url_text.hpp"

namespace bight::crawl {
namespace {

using std::chrono::nanoseconds;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The connection ended before the answer did.
bool is_cut(const boost::system::error_code& code) {
  return code == http::errc::truncated || code == http::errc::server_closed ||
         code == boost::system::errc::connection_reset;
}

external_result unchecked(link_cause cause, std::string reason) {
  external_result r;
  r.verdict = link_verdict::not_checked;
  r.cause = cause;
  r.reason = std::move(reason);
  return r;
}

}  // namespace

class external_checker::impl {
 public:
  impl(http::client client, external_options options)
      : client_(std::move(client)),
        options_(std::move(options)),
        slots_(std::max<std::size_t>(options_.max_concurrent, 1)) {}

  awaitable<external_result> check(http::url where, bool ids) {
    std::string key{where.href_without_fragment()};
    for (const bool with_ids : {ids, true}) {
      auto& known = with_ids ? with_ids_ : without_;
      if (const auto found = known.find(key); found != known.end()) co_return found->second;
    }
    if (with_ids_.size() + without_.size() + flights_.size() >= options_.max_urls)
      co_return unchecked(link_cause::limit, "limit of " + std::to_string(options_.max_urls) + " URLs");
    auto work = [this, where, ids] { return run(where, ids); };
    auto result = co_await flights_.run((ids ? "#" : "") + key, std::move(work));
    (ids ? with_ids_ : without_).emplace(std::move(key), result);
    co_return result;
  }

  void set_host_delay(std::string_view host, nanoseconds delay) {
    auto& pace = paces_[std::string{host}];
    pace.delay = delay;
    pace.limiter.reset();
  }
  std::size_t requests() const noexcept { return requests_; }
  std::size_t active() const noexcept { return flights_.size(); }

 private:
  // One request: what it says, or where it leads.
  struct hop {
    hop() {}
    external_result result;
    std::optional<http::url> next;
    bool sets_cookie = false;
    bool temporary = false;  // a failure that may pass
  };

  awaitable<external_result> run(http::url where, bool ids) {
    bool temporary = false;
    auto result = co_await follow(where, !ids, ids, temporary);
    const bool done = result.verdict == link_verdict::good || result.status == 429 ||
                      result.cause == link_cause::name_resolution || result.cause == link_cause::limit;
    if (!ids && !done) result = co_await follow(where, false, false, temporary);
    for (unsigned failed = 1; temporary && failed <= options_.max_retries; ++failed) {
      co_await sleep(backoff_.delay(failed));
      result = co_await follow(where, false, ids, temporary);
    }
    co_return result;
  }

  awaitable<external_result> follow(http::url where, bool head, bool ids, bool& temporary) {
    std::unordered_set<std::string> seen;
    std::string final_url;
    int visits = 3;  // to a URL that wants a cookie, and then is another page
    temporary = false;
    for (int redirects = 0;; ++redirects) {
      if (!seen.emplace(where.href_without_fragment()).second)
        co_return bad_redirect("redirect loop", final_url);
      if (redirects > options_.max_redirects)
        co_return bad_redirect("too many redirects (limit " + std::to_string(options_.max_redirects) + ")",
                               final_url);
      auto step = co_await request(where, head, ids);
      if (step.sets_cookie && --visits > 0) seen.clear();
      temporary = step.temporary;
      if (!step.next) {
        step.result.final_url = final_url;
        co_return std::move(step.result);
      }
      where = std::move(*step.next);
      final_url = where.href();
      if (!where.is_http()) co_return unchecked(link_cause::redirect, "redirects to " + where.redacted());
    }
  }

  static external_result bad_redirect(std::string reason, std::string final_url) {
    external_result r;
    r.verdict = link_verdict::broken;
    r.cause = link_cause::redirect;
    r.reason = std::move(reason);
    r.final_url = std::move(final_url);
    return r;
  }

  awaitable<hop> request(http::url where, bool head, bool ids) {
    hop done;
    const std::string place{where.host_and_port()};
    co_await wait_for_turn(where, place);
    const auto slot = co_await slots_.acquire();
    if (is_dead(place)) {
      done.result = failures_.at(place).last;
      co_return done;
    }
    ++requests_;
    try {
      const auto& method = head ? http::method::head : http::method::get;
      auto response = co_await client_.request(method, where.without_fragment())
                          .max_redirects(0)
                          .timeout(options_.timeout)
                          .decode(ids);
      const int status = response.status().code();
      done.result = check::judge(status, response.headers(), options_.accept);
      done.sets_cookie = response.headers().contains(http::header_id::set_cookie);
      done.temporary = done.result.verdict == link_verdict::broken && is_retryable_status(status);
      if (done.result.verdict == link_verdict::broken && is_redirect(status))
        read_location(where, response, done);
      const bool wanted = ids && done.result.verdict == link_verdict::good;
      if (wanted) done.result.ids = co_await check::read_ids(response, options_.max_body);
    } catch (const boost::system::system_error& e) {
      // The link is good once it has been answered; its ids remain unknown.
      if (done.result.status == 0) {
        done.result = check::judge(e, where.redacted());
        done.temporary = is_cut(e.code());
      }
    }
    note(place, done.result);
    co_return done;
  }

  bool is_dead(const std::string& place) const {
    const auto found = failures_.find(place);
    return found != failures_.end() && found->second.count >= max_failures;
  }

  void note(const std::string& place, const external_result& result) {
    const bool name = result.cause == link_cause::name_resolution;
    if (!name && result.cause != link_cause::connection && result.cause != link_cause::timeout) {
      failures_.erase(place);
      return;
    }
    auto& f = failures_[place];
    f.count += name ? max_failures : 1;
    f.last = result;
  }

  static void read_location(const http::url& where, const http::response& response, hop& done) {
    done.result.cause = link_cause::redirect;
    const auto location = response.headers().get(http::header_id::location);
    if (!location || location->empty()) {
      done.result.reason = check::status_text(done.result.status) + " without Location";
      return;
    }
    std::string buffer;
    auto target = http::url::parse(keep_bytes(*location, buffer), where);
    if (!target) {
      done.result.reason = "redirect to an invalid URL: " + http::redacted(location->substr(0, 200));
      return;
    }
    const bool same = target->is_http() && target->origin() == where.origin();
    if (same && where.has_credentials() && !target->has_credentials()) {
      static_cast<void>(target->set_username(where.username()) && target->set_password(where.password()));
    } else if (!same && target->has_credentials()) {  // another server does not choose what is sent on
      static_cast<void>(target->set_username({}) && target->set_password({}));
    }
    done.next = std::move(*target);
  }

  // Whoever waits behind another learns at once that the host is dead.
  awaitable<void> wait_for_turn(http::url where, std::string place) {
    auto& pace = pace_of(where);
    if (!pace.limiter) co_return;
    const auto turn = co_await pace.turn.acquire();
    if (!is_dead(place)) co_await pace.limiter->acquire();
  }

  struct host_pace {
    std::optional<nanoseconds> delay;
    std::unique_ptr<rate_limiter> limiter;  // null: no delay
    lock turn;
  };

  host_pace& pace_of(const http::url& where) {
    auto& pace = paces_[std::string{where.host()}];
    if (!pace.delay) {
      const nanoseconds usual = check::is_loopback_host(where) ? nanoseconds{0} : std::chrono::seconds{1};
      pace.delay = options_.host_delay.value_or(usual);
    }
    if (*pace.delay > nanoseconds{0} && !pace.limiter)
      pace.limiter = std::make_unique<rate_limiter>(1, *pace.delay);
    return pace;
  }

  http::client client_;
  external_options options_;
  semaphore slots_;
  backoff backoff_ = retry_backoff();
  // A host and port that cannot be reached: further requests would only take time.
  struct failures {
    std::size_t count = 0;
    external_result last;
  };
  static constexpr std::size_t max_failures = 6;        // three URLs
  std::unordered_map<std::string, host_pace> paces_;    // by host
  std::unordered_map<std::string, failures> failures_;  // by host and port
  std::unordered_map<std::string, external_result> without_;
  std::unordered_map<std::string, external_result> with_ids_;
  single_flight<std::string, external_result> flights_;
  std::size_t requests_ = 0;
};

external_checker::external_checker(http::client client, external_options options)
    : impl_(std::make_unique<impl>(std::move(client), std::move(options))) {}
external_checker::~external_checker() = default;

awaitable<external_result> external_checker::check(http::url where) {
  return impl_->check(std::move(where), false);
}
awaitable<external_result> external_checker::check_ids(http::url where) {
  return impl_->check(std::move(where), true);
}
void external_checker::set_host_delay(std::string_view host, nanoseconds delay) {
  impl_->set_host_delay(host, delay);
}
std::size_t external_checker::requests() const noexcept { return impl_->requests(); }
std::size_t external_checker::active() const noexcept { return impl_->active(); }

}  // namespace bight::crawl
