// access_log: one line per request.
#pragma once
#include <bight/core/unique_function.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/server_request.hpp>
#include <cstdint>
#include <string_view>

namespace bight::http {

/// Formats of an access log.
enum class access_log_format : std::uint8_t {
  common,    ///< `client - user [time] "GET /path HTTP/1.1" 200 1234`, as Apache and nginx write it.
  combined,  ///< Same with `"referrer" "user agent"` at the end.
  json,      ///< A JSON object.
};

/// Options of access_log. Not an aggregate, so that it is safe in co_await expressions.
struct access_log_options {
  access_log_options() {}

  access_log_format format = access_log_format::combined;
  /// Receives each line, without a line feed; must not throw. If empty, lines go to bight::log as `info`.
  unique_function<void(std::string_view line)> sink;
  /// Log the query. Turn it off if queries contain secrets.
  bool query = true;
  /// If set, only requests for which it returns true are logged.
  unique_function<bool(const server_request&, const response_record&)> filter;
};

/// Logs each request when its response has been sent or has failed.
///
/// Fields of JSON lines: time (when the request was received, UTC), client, method, target, protocol, status,
/// bytes (of the body), seconds; if known, host, user, request_id, route, referrer, user_agent, error. The
/// user is that of basic_authentication, and the client that of trusted_proxies. In the other formats,
/// quotes, backslashes, control characters and bytes beyond ASCII become `\xHH`, so that a client cannot
/// forge lines; in JSON, malformed UTF-8 becomes U+FFFD.
middleware access_log(access_log_options options = {});

}  // namespace bight::http
