#include "net/tls/session_cache.hpp"

#include <bight/core/clock.hpp>
#include <chrono>
#include <utility>

namespace bight::net::tls {
namespace {

// Servers send two tickets after a handshake.
constexpr std::size_t max_per_key = 2;

bool usable(const SSL_SESSION* s) noexcept {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(wall_clock::now().time_since_epoch());
  return SSL_SESSION_is_resumable(s) == 1 &&
         now.count() - SSL_SESSION_get_time(s) < SSL_SESSION_get_timeout(s);
}

}  // namespace

session_cache::index::iterator session_cache::erase(index::iterator which) {
  by_age_.erase(which->second);
  return by_key_.erase(which);
}

void session_cache::put(const std::string& key, session_ptr s) {
  if (!enabled()) return;
  const std::lock_guard lock{mutex_};
  const auto oldest_of = [this](const std::string& k) {
    auto [i, end] = by_key_.equal_range(k);
    auto oldest = i;
    for (; i != end; ++i)
      if (SSL_SESSION_get_time(i->second->session.get()) <
          SSL_SESSION_get_time(oldest->second->session.get()))
        oldest = i;
    return oldest;
  };
  if (by_key_.count(key) >= max_per_key) erase(oldest_of(key));
  while (by_age_.size() >= max_) {
    auto [i, end] = by_key_.equal_range(by_age_.front().key);
    while (i != end && i->second != by_age_.begin()) ++i;
    erase(i);
  }
  by_age_.push_back({key, std::move(s)});
  by_key_.emplace(key, std::prev(by_age_.end()));
}

session_ptr session_cache::take(const std::string& key) {
  const std::lock_guard lock{mutex_};
  auto [i, end] = by_key_.equal_range(key);
  while (i != end) {
    auto* const s = i->second->session.get();
    if (!usable(s)) {
      i = erase(i);
      continue;
    }
    if (SSL_SESSION_get_protocol_version(s) < TLS1_3_VERSION) {
      SSL_SESSION_up_ref(s);
      return session_ptr{s};
    }
    auto taken = std::move(i->second->session);
    erase(i);
    return taken;
  }
  return nullptr;
}

std::size_t session_cache::size() const {
  const std::lock_guard lock{mutex_};
  return by_age_.size();
}

}  // namespace bight::net::tls
