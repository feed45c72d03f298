#include <bight/http/websocket_response.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/http/websocket_error.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "http/server/exchange.hpp"
#include "http/server/plain_text.hpp"
#include "http/websocket/connection.hpp"
#include "http/websocket/extension.hpp"
#include "http/websocket/handshake.hpp"

namespace bight::http {
namespace {

// How a server that stops reaches the connection.
struct stop_link {
  std::weak_ptr<ws::connection> connection;
  bool stopped = false;
};

constexpr std::string_view stopping_reason = "the server is shutting down";

server_response wants_upgrade() {
  auto r = detail::plain_text(status{426}, "this resource is a WebSocket");
  r.headers().set(header_id::upgrade, "websocket");
  r.headers().set(header_id::connection, "Upgrade");
  r.headers().set(header_id::sec_websocket_version, "13");
  return r;
}

bool is_allowed(const server_request& request, const websocket_server_options& options) {
  const auto fields = request.headers();
  if (options.any_origin || !fields.contains(header_id::origin)) return true;
  const auto origin = ws::joined(fields, header_id::origin);
  if (options.origins.empty()) return ws::is_same_host(origin, request.authority());
  return std::find(options.origins.begin(), options.origins.end(), origin) != options.origins.end();
}

// What is wrong with a request for a WebSocket.
std::optional<server_response> refusal(const server_request& request,
                                       const websocket_server_options& options) {
  const auto fields = request.headers();
  const auto bad = [](std::string_view why) { return detail::plain_text(status::bad_request, why); };
  if (!list_contains_token(fields, header_id::connection, "upgrade") ||
      !list_contains_token(fields, header_id::upgrade, "websocket") ||
      ws::joined(fields, header_id::sec_websocket_version) != "13")
    return wants_upgrade();
  if (request.method() != method::get) return bad("a WebSocket is requested with GET");
  if (!ws::is_key(ws::joined(fields, header_id::sec_websocket_key))) return bad("invalid Sec-WebSocket-Key");
  if (fields.contains(header_id::sec_websocket_protocol) &&
      !ws::is_protocol_list(ws::joined(fields, header_id::sec_websocket_protocol)))
    return bad("invalid Sec-WebSocket-Protocol");
  if (!is_allowed(request, options)) return detail::plain_text(status::forbidden, "origin not allowed");
  if (request.stopping()) return detail::plain_text(status::service_unavailable, stopping_reason);
  return std::nullopt;
}

// Whether a session failed because its peer has gone. While its own connection is open, it was another one
// that ended: that of a relay, for example.
bool is_end_of(const ws::connection& own, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const websocket_closed&) { return !own.can_send(); } catch (...) {
    return false;
  }
}

// The session ends in one of three ways; the peer is told which. What is needed only at the start is freed
// then: connections live long.
awaitable<void> run_session(websocket_session session, net::stream s,
                            std::unique_ptr<ws::connection_setup> setup, std::shared_ptr<stop_link> link) {
  const auto connection = ws::connection::start(std::move(s), std::move(*setup));
  setup.reset();
  link->connection = connection;
  if (link->stopped) connection->start_close(ws::code::going_away, stopping_reason);
  {
    websocket socket{connection};
    auto code = ws::code::normal;
    try {
      auto work = session(socket);
      co_await std::move(work);
    } catch (const cancelled_error&) {
      connection->start_close(ws::code::going_away, stopping_reason);
      throw;
    } catch (...) {
      if (!is_end_of(*connection, std::current_exception())) {
        log(log_level::error, "bight: a WebSocket session failed: " + describe(std::current_exception()));
        code = ws::code::internal_error;
      }
    }
    session = websocket_session{};
    if (!connection->ended()) co_await ws::connection::close(connection, code, std::string());
    co_await ws::connection::wait_for_end(connection);
  }
}

}  // namespace

server_response websocket_response(server_request& request, websocket_session session,
                                   websocket_server_options options) {
  if (auto refused = refusal(request, options)) return std::move(*refused);
  const auto fields = request.headers();
  auto answer = std::move(options.headers);
  auto setup = std::make_unique<ws::connection_setup>();
  setup->self = ws::side::server;
  setup->options = options;
  answer.set(header_id::sec_websocket_accept,
             ws::accept_of(ws::joined(fields, header_id::sec_websocket_key)));
  setup->subprotocol =
      ws::choose_protocol(ws::joined(fields, header_id::sec_websocket_protocol), options.subprotocols);
  if (!setup->subprotocol.empty()) answer.set(header_id::sec_websocket_protocol, setup->subprotocol);
  if (options.deflate) {
    auto agreed = ws::accept_offer(ws::joined(fields, header_id::sec_websocket_extensions), *options.deflate);
    if (agreed) {
      answer.set(header_id::sec_websocket_extensions, agreed->field);
      setup->deflate = agreed->agreed;
    }
  }
  const auto link = std::make_shared<stop_link>();
  detail::server_exchange::of(request).on_stop([link] {
    link->stopped = true;
    if (const auto c = link->connection.lock()) c->start_close(ws::code::going_away, stopping_reason);
  });
  auto talk = [run = std::move(session), setup = std::move(setup), link](net::stream s) mutable {
    return run_session(std::move(run), std::move(s), std::move(setup), std::move(link));
  };
  return upgrade(request, "websocket", std::move(answer), std::move(talk));
}

}  // namespace bight::http
