// The engine of a client. A call passes, from the outside in: middleware, retries, redirects; then for each
// hop cookies and authentication; then the transport.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/client.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client/credentials.hpp"
#include "http/client/exchange.hpp"
#include "http/client/pool.hpp"
#include "http/client/redirect.hpp"
#include "http/client/request_head.hpp"

namespace bight::http::detail {

class client_core;

/// The middleware of a client.
class client_chain {
 public:
  explicit client_chain(client_core& owner) noexcept : owner_(&owner) {}
  void add(client_middleware m) { around_.push_back(std::move(m)); }
  awaitable<response> call(std::size_t position, request& r);

 private:
  client_core* owner_;
  std::vector<client_middleware> around_;
};

class client_core {
 public:
  explicit client_core(client_options options);

  static awaitable<response> send(std::shared_ptr<client_core> self, request r);
  /// What is inside of the middleware. `own`: the caller has no use for `r` afterwards.
  awaitable<response> send_through(request& r, bool own);

  const client_options& options() const noexcept { return options_; }
  pool& connections() noexcept { return *pool_; }
  client_metrics metrics() const noexcept;
  void add_middleware(client_middleware m) { chain_.add(std::move(m)); }

 private:
  awaitable<response> send_retrying(request& r);
  awaitable<response> attempt(request& r, std::optional<response>& last);
  awaitable<response> follow_redirects(request& first, bool own);
  awaitable<response> hop(request& r, identity& who, bool own);
  awaitable<response> observed_hop(request& r, identity& who, bool own);
  awaitable<response> hop_with(request& r, const identity& who, bool own);
  std::string cookies_for(const request& r, const identity& who) const;
  awaitable<response> hop_over_network(request& r, const identity& who, bool own);
  awaitable<response> hop_over_transport(request& r, const identity& who);
  awaitable<void> perform(exchange& e, request& r, const identity& who);
  awaitable<void> perform_over(exchange& e, request& r, const identity& who, lease l);
  awaitable<lease> connection_for(const request& r, bool fresh);
  int max_redirects_of(const request& r) const noexcept {
    return r.max_redirects().value_or(options_.limits.max_redirects);
  }
  const client_timeouts& timeouts_of(const request& r) const noexcept {
    return r.timeouts() ? *r.timeouts() : options_.timeouts;
  }

  client_options options_;
  client_chain chain_;
  head_writer heads_;
  std::string head_;  // of the request that is being sent
  credentials credentials_;
  client_metrics metrics_;  // without those of the pool
  std::shared_ptr<pool> pool_;
};

}  // namespace bight::http::detail
