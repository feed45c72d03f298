// A route with its options and middleware, and how it is called.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/method.hpp>
#include <bight/http/status.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "http/handler_chain.hpp"
#include "http/routing/pattern.hpp"

namespace bight::http::detail {

/// What a router adds to its own routes, and to those of routers that are mounted in it.
struct route_scope {
  route_scope* outer = nullptr;
  std::deque<middleware> own;  // they stay where they are
  handler not_found;
  std::vector<middleware*> around;  // outermost first, those of outer scopes included

  /// The innermost one; null if there is none.
  handler* find_not_found() noexcept;
  void prepare();
};

struct route_data {
  routing::pattern where;
  std::vector<std::string> params;
  std::optional<http::method> method;
  handler handle;
  route_scope* scope = nullptr;
  std::deque<middleware> own;
  std::optional<std::uint64_t> max_body;
  std::chrono::nanoseconds limit = forever;
  status on_timeout;

  // Composed by the first request.
  std::vector<middleware*> around;
  handler inner;
  std::optional<handler_chain> chain;  // unless there is no middleware
  bool closed = false;

  std::string name() const;
  void prepare();
};

/// Makes responses of the errors that are ones.
awaitable<server_response> with_problems(awaitable<server_response> work);
/// Calls the handler, without middleware.
awaitable<server_response> call_route(route_data& route, server_request& request);
[[noreturn]] void fail_late();

}  // namespace bight::http::detail
