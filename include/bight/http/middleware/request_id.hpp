// request_id: identifies requests in logs.
#pragma once
#include <bight/http/handler.hpp>
#include <cstddef>
#include <string>

namespace bight::http {

/// The id of a request: `request.get<http::request_id>()->value`.
struct request_id {
  std::string value;
};

/// Options of request_ids. Not an aggregate, so that it is safe in co_await expressions.
struct request_id_options {
  request_id_options() {}

  /// The header of requests and responses.
  std::string header = "X-Request-Id";
  /// Take the id from the request. Turn it off if clients are not trusted to choose ids.
  bool accept = true;
  /// Maximum length of an id that is accepted.
  std::size_t max_size = 128;
};

/// Gives each request an id: that of the request's header if it consists of letters, digits and "-._~+/=:",
/// and otherwise a new one of 128 bits in hexadecimal, which is unique, but not a secret. Stores it as a
/// request_id and sends it back. An exception of the handler becomes a response here, so that it has the id,
/// too. Errors: errc::invalid_header if the name of the header is not a token.
middleware request_ids(request_id_options options = {});

}  // namespace bight::http
