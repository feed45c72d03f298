#include <bight/http/middleware/rate_limit.hpp>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/net/ip_network.hpp>
#include <list>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "http/server/plain_text.hpp"

namespace bight::http {
namespace {

// The buckets of the keys used last. A bucket is one point in time: when it is full again.
// bight::rate_limiter can also make tasks wait, for five times the memory.
class bucket_table {
 public:
  bucket_table(clock::duration interval, clock::duration full, std::size_t max_keys)
      : interval_(interval), full_(full), max_keys_(max_keys) {}

  /// Takes a token. Returns: how long to wait if there is none.
  std::optional<clock::duration> take(std::string_view key, clock::time_point now) {
    auto& full_at = find(key, now);
    const auto next = std::max(full_at, now) + interval_;
    if (next - now > full_) return next - now - full_;
    full_at = next;
    return std::nullopt;
  }

 private:
  struct bucket {
    std::string key;
    clock::time_point full_at;
  };

  clock::time_point& find(std::string_view key, clock::time_point now) {
    const auto known = index_.find(key);
    if (known != index_.end()) {
      buckets_.splice(buckets_.begin(), buckets_, known->second);
      return buckets_.front().full_at;
    }
    if (buckets_.size() == max_keys_) {
      index_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
    buckets_.push_front({std::string{key}, now});
    index_.emplace(buckets_.front().key, buckets_.begin());
    return buckets_.front().full_at;
  }

  clock::duration interval_;
  clock::duration full_;
  std::size_t max_keys_;
  std::list<bucket> buckets_;  // the one used last comes first
  std::unordered_map<std::string_view, std::list<bucket>::iterator> index_;
};

[[noreturn]] void refuse_limit(const char* option, const char* why) {
  throw std::invalid_argument(std::string{"bight: rate_limit_options::"} + option + ": " + why);
}

class request_limiter {
 public:
  explicit request_limiter(rate_limit_options o) : options_(std::move(o)), table_(make_table(options_)) {}

  awaitable<server_response> operator()(server_request& request, next rest) {
    std::optional<clock::duration> wait;
    if (options_.key) {
      const auto key = options_.key(request);
      if (!key.empty()) wait = table_.take(key, clock::now());
    } else {
      wait = take_by_address(request.remote_endpoint());
    }
    if (wait) return refuse(*wait);
    return rest(request);
  }

 private:
  static bucket_table make_table(const rate_limit_options& o) {
    if (o.requests == 0) refuse_limit("requests", "must be at least 1");
    if (o.max_keys == 0) refuse_limit("max_keys", "must be at least 1");
    if (o.period < std::chrono::nanoseconds{o.requests})
      refuse_limit("period", "must be at least 1 ns per request");
    constexpr clock::duration longest = std::chrono::hours{24 * 365};
    const auto interval = o.period / o.requests;
    const auto burst = o.burst == 0 ? o.requests : o.burst;
    if (interval > longest / burst) refuse_limit("period", "the burst takes more than a year");
    return {interval, interval * burst, o.max_keys};
  }

  std::optional<clock::duration> take_by_address(const net::endpoint& client) {
    if (!client.is_ip()) return table_.take("unix", clock::now());
    const auto bytes = net::ip_network::of_client(client.address()).address().v6();
    const std::string_view key{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    return table_.take(key, clock::now());
  }

  static awaitable<server_response> refuse(clock::duration wait) {
    auto response = detail::plain_text(status::too_many_requests, "too many requests");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
    response.headers().append(header_id::retry_after, std::to_string(seconds.count()));
    co_return response;
  }

  rate_limit_options options_;
  bucket_table table_;
};

}  // namespace

middleware rate_limit(rate_limit_options options) { return request_limiter{std::move(options)}; }

}  // namespace bight::http
