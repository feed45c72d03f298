#include <bight/http/websocket_builder.hpp>

#include <algorithm>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/http/websocket_error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "http/client/core.hpp"
#include "http/websocket/connection.hpp"
#include "http/websocket/handshake.hpp"

namespace bight::http {
namespace {

using boost::system::system_error;

constexpr header_id own_fields[] = {header_id::upgrade,
                                    header_id::connection,
                                    header_id::sec_websocket_key,
                                    header_id::sec_websocket_version,
                                    header_id::sec_websocket_protocol,
                                    header_id::sec_websocket_extensions};

// What the client asked for, to compare with the answer.
struct opening {
  std::string key;
  std::vector<std::string> subprotocols;
  websocket_options options;
};

// A client connects to http and https; their default ports are those of ws and wss.
void use_http_scheme(request& r) {
  auto where = r.take_url();
  const bool plain = where.scheme() == "ws";
  if (plain || where.scheme() == "wss") static_cast<void>(where.set_scheme(plain ? "http" : "https"));
  where.set_fragment({});
  r.set_url(std::move(where));
}

void add_fields(request& r, const opening& o) {
  auto& fields = r.headers();
  for (const auto id : own_fields)
    if (fields.contains(id))
      throw system_error(make_error_code(errc::invalid_header), std::string{to_string(id)});
  fields.set(header_id::upgrade, "websocket");
  fields.set(header_id::connection, "Upgrade");
  fields.set(header_id::sec_websocket_key, o.key);
  fields.set(header_id::sec_websocket_version, "13");
  std::string list;
  for (const auto& name : o.subprotocols) list.append(list.empty() ? "" : ", ").append(name);
  if (!list.empty()) {
    if (!ws::is_protocol_list(list))
      throw system_error(make_error_code(errc::invalid_header), "subprotocols: " + list);
    fields.set(header_id::sec_websocket_protocol, list);
  }
  if (o.options.deflate) fields.set(header_id::sec_websocket_extensions, ws::offer_of(*o.options.deflate));
}

// RFC 6455 section 4.1, the server's response. Returns what is wrong with it.
std::string_view violation(const headers& answer, const opening& o, ws::connection_setup& setup) {
  if (!list_contains_token(answer, header_id::upgrade, "websocket") ||
      !list_contains_token(answer, header_id::connection, "upgrade"))
    return "the response does not upgrade to a WebSocket";
  if (ws::joined(answer, header_id::sec_websocket_accept) != ws::accept_of(o.key))
    return "wrong Sec-WebSocket-Accept in the response";
  if (answer.contains(header_id::sec_websocket_protocol)) {
    setup.subprotocol = ws::joined(answer, header_id::sec_websocket_protocol);
    if (std::find(o.subprotocols.begin(), o.subprotocols.end(), setup.subprotocol) == o.subprotocols.end())
      return "the server chose a subprotocol that was not offered";
  }
  const auto extensions = ws::joined(answer, header_id::sec_websocket_extensions);
  if (extensions.empty()) return {};
  if (o.options.deflate) setup.deflate = ws::read_answer(extensions, *o.options.deflate);
  return setup.deflate ? std::string_view{} : "the server chose an extension that was not offered";
}

awaitable<websocket> open_websocket(std::shared_ptr<detail::client_core> core, request r, opening o) {
  constexpr int switching_protocols = 101;
  auto work = detail::client_core::send(std::move(core), std::move(r));
  auto answer = co_await std::move(work);
  const auto where = answer.url().redacted();
  if (answer.status() != status{switching_protocols})
    throw websocket_refused(answer.status(), where + ": the server answered with status " +
                                                 std::to_string(answer.status().code()));
  ws::connection_setup setup;
  setup.self = ws::side::client;
  setup.options = o.options;
  const auto wrong = violation(answer.headers(), o, setup);
  if (!wrong.empty()) throw websocket_refused(answer.status(), where + ": " + std::string{wrong});
  co_return websocket{ws::connection::start(take_stream(std::move(answer)), std::move(setup))};
}

awaitable<websocket> refuse_websocket(std::exception_ptr why) {
  std::rethrow_exception(std::move(why));
  co_return websocket{};  // makes it a coroutine
}

}  // namespace

awaitable<websocket> websocket_builder::connect() && {
  try {
    opening o;
    o.key = ws::make_key();
    o.subprotocols = std::move(subprotocols_);
    o.options = options_;
    auto r = draft_.finish();
    use_http_scheme(r);
    add_fields(r, o);
    return open_websocket(draft_.core, std::move(r), std::move(o));
  } catch (...) { return refuse_websocket(std::current_exception()); }
}

websocket_builder client::websocket(std::string_view url) const {
  return websocket_builder{detail::request_draft{core_, method::get, url}};
}
websocket_builder client::websocket(http::url url) const {
  return websocket_builder{detail::request_draft{core_, method::get, std::move(url)}};
}

}  // namespace bight::http
