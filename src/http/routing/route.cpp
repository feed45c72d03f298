#include "http/routing/route.hpp"

#include <algorithm>
#include <bight/core/timeout.hpp>
#include <bight/http/problem.hpp>
#include <stdexcept>
#include <utility>

#include "http/server/plain_text.hpp"

namespace bight::http::detail {

handler* route_scope::find_not_found() noexcept {
  for (auto* s = this; s; s = s->outer)
    if (s->not_found) return &s->not_found;
  return nullptr;
}

void route_scope::prepare() {
  around.clear();
  for (auto* s = this; s; s = s->outer)
    for (auto m = s->own.rbegin(); m != s->own.rend(); ++m) around.push_back(&*m);
  std::reverse(around.begin(), around.end());
}

std::string route_data::name() const {
  return (method ? std::string{method->name()} : "any method of") + " '" + where.text + '\'';
}

void route_data::prepare() {
  around = scope->around;
  for (auto& m : own) around.push_back(&m);
  closed = true;
  if (around.empty()) return;
  inner = [this](server_request& request) { return with_problems(call_route(*this, request)); };
  chain.emplace(around, inner);
}

void fail_late() {
  throw std::logic_error{"bight: router: routes and middleware are added before the first request"};
}

awaitable<server_response> with_problems(awaitable<server_response> work) {
  try {
    co_return co_await std::move(work);
  } catch (const problem& p) { co_return p.to_response(); } catch (const request_json_error& e) {
    co_return to_problem(e).to_response();
  }
}

namespace {

awaitable<server_response> call_limited(route_data& route, server_request& request) {
  deadline_control limit{route.limit};
  const auto call = [&] { return route.handle(request); };
  try {
    co_return co_await timeout(limit, call);
  } catch (const timeout_error&) {
    if (!limit.expired()) throw;
  }
  co_return plain_text(route.on_timeout, "the request took too long");
}

}  // namespace

awaitable<server_response> call_route(route_data& route, server_request& request) {
  return route.limit == forever ? route.handle(request) : call_limited(route, request);
}

}  // namespace bight::http::detail
