// The sessions that a client context may resume.
#pragma once
#include <openssl/ssl.h>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace bight::net::tls {

struct free_session {
  void operator()(SSL_SESSION* s) const noexcept { SSL_SESSION_free(s); }
};
using session_ptr = std::unique_ptr<SSL_SESSION, free_session>;

/// Keeps the newest sessions by key, a few for each. One cache belongs to one context: a session that was
/// made under another policy is never found. Concurrency: several threads.
class session_cache {
 public:
  explicit session_cache(std::size_t max_sessions) noexcept : max_(max_sessions) {}
  session_cache(const session_cache&) = delete;
  session_cache& operator=(const session_cache&) = delete;
  ~session_cache() = default;

  bool enabled() const noexcept { return max_ != 0; }
  void put(const std::string& key, session_ptr s);
  /// A session for `key`, null if there is none. One of TLS 1.3 is used once (RFC 8446 appendix C.4).
  session_ptr take(const std::string& key);
  std::size_t size() const;

 private:
  struct entry {
    std::string key;
    session_ptr session;
  };
  using entries = std::list<entry>;
  using index = std::unordered_multimap<std::string, entries::iterator>;

  index::iterator erase(index::iterator which);

  std::size_t max_;
  mutable std::mutex mutex_;
  entries by_age_;  // oldest first
  index by_key_;
};

}  // namespace bight::net::tls
