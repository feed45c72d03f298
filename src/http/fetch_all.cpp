#include <bight/http/fetch_all.hpp>

#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task.hpp>
#include <bight/http/error.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>

#include "http/client/retry_after.hpp"

namespace bight::http {

using boost::system::system_error;

void fetched::raise_for_status() const {
  if (error) std::rethrow_exception(error);
  if (!status.is_success() && !status.is_redirection()) throw status_error(status, url.redacted());
}

namespace {

// Shared by the generator and its workers, which may outlive it.
class fetching {
 public:
  fetching(client c, std::vector<boost::system::result<url>> urls, fetch_options options)
      : client_(std::move(c)), urls_(std::move(urls)), options_(std::move(options)) {}

  std::size_t size() const noexcept { return urls_.size(); }
  static awaitable<void> work(std::shared_ptr<fetching> self);
  /// The next result, once there is one. Precondition: there is one more.
  awaitable<fetched> next();

 private:
  bool may_start() const noexcept { return started_ < taken_ + 2 * options_.max_concurrent; }
  awaitable<fetched> fetch(std::size_t index) const;
  awaitable<fetched> get(const url& where) const;
  awaitable<fetched> get_again(const url& where) const;
  awaitable<fetched> attempt(const url& where, std::optional<fetched>& last) const;

  client client_;
  std::vector<boost::system::result<url>> urls_;
  fetch_options options_;
  std::deque<std::optional<fetched>> results_;  // in order: the first is number taken_
  std::size_t started_ = 0;
  std::size_t taken_ = 0;
  event arrived_;
  event room_;
};

awaitable<fetched> fetching::get(const url& where) const {
  auto asking = client_.get(where);
  if (options_.retries) asking.retry(false);  // once is enough
  auto answer = co_await std::move(asking);
  fetched out;
  out.status = answer.status();
  out.body = co_await answer.bytes();
  out.headers = std::move(answer.headers());
  out.url = answer.url();
  co_return out;
}

// `last`: what came, in case that it was the last attempt.
awaitable<fetched> fetching::attempt(const url& where, std::optional<fetched>& last) const {
  last.reset();
  auto got = co_await get(where);
  if (!got.status.is_temporary()) co_return got;
  last = std::move(got);
  throw status_error{last->status, last->url.redacted(), detail::delay_asked_for(last->headers)};
}

awaitable<fetched> fetching::get_again(const url& where) const {
  auto policy = *options_.retries;
  policy.retry_after(detail::retry_after);
  std::optional<fetched> last;
  const auto once_more = [this, &where, &last] { return attempt(where, last); };
  auto work = retry(std::move(policy), once_more);
  try {
    co_return co_await std::move(work);
  } catch (const status_error&) {
    if (!last) throw;
  }
  co_return std::move(*last);
}

awaitable<fetched> fetching::fetch(std::size_t index) const {
  const auto& where = urls_[index];
  const auto start = clock::now();
  fetched out;
  try {
    if (!where) throw system_error(where.error());
    auto work = options_.retries ? get_again(*where) : get(*where);
    out = co_await std::move(work);
  } catch (const std::exception&) {
    out.error = std::current_exception();
    if (where) out.url = *where;
  }
  out.index = index;
  out.elapsed = clock::now() - start;
  co_return out;
}

awaitable<void> fetching::work(std::shared_ptr<fetching> self) {
  while (self->started_ != self->size()) {
    if (!self->may_start()) {
      self->room_.clear();
      co_await self->room_.wait();
      continue;
    }
    const auto index = self->started_++;
    auto one = co_await self->fetch(index);
    if (self->options_.in_order) {
      const auto place = index - self->taken_;
      if (self->results_.size() <= place) self->results_.resize(place + 1);
      self->results_[place] = std::move(one);
    } else {
      self->results_.push_back(std::move(one));
    }
    self->arrived_.set();
  }
}

awaitable<fetched> fetching::next() {
  while (results_.empty() || !results_.front()) {
    arrived_.clear();
    co_await arrived_.wait();
  }
  auto one = std::move(*results_.front());
  results_.pop_front();
  ++taken_;
  room_.set();
  co_return one;
}

// Cancels the workers when the generator ends, however it does.
class crew {
 public:
  crew(const std::shared_ptr<fetching>& work, std::size_t n) {
    tasks_.reserve(n);
    for (std::size_t i = 0; i != n; ++i)
      tasks_.push_back(spawn(named("http::fetch_all", fetching::work), work));
  }
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;
  ~crew() {
    for (auto& t : tasks_) t.cancel();
  }

 private:
  std::vector<task<void>> tasks_;
};

generator<fetched> run(client c, std::vector<boost::system::result<url>> urls, fetch_options options) {
  if (options.max_concurrent == 0)
    throw std::invalid_argument("bight: fetch_all: max_concurrent must be at least 1, not 0");
  const auto n = std::min(options.max_concurrent, urls.size());
  const auto work = std::make_shared<fetching>(std::move(c), std::move(urls), std::move(options));
  const crew workers{work, n};
  for (std::size_t left = work->size(); left != 0; --left) {
    auto one = co_await work->next();
    co_yield std::move(one);
  }
}

}  // namespace

generator<fetched> fetch_all(client c, std::vector<url> urls, fetch_options options) {
  std::vector<boost::system::result<url>> all;
  all.reserve(urls.size());
  for (auto& u : urls) all.emplace_back(std::move(u));
  return run(std::move(c), std::move(all), std::move(options));
}

generator<fetched> fetch_all(client c, std::vector<std::string> urls, fetch_options options) {
  std::vector<boost::system::result<url>> all;
  all.reserve(urls.size());
  for (const auto& u : urls) all.push_back(url::parse(u));
  return run(std::move(c), std::move(all), std::move(options));
}

}  // namespace bight::http
