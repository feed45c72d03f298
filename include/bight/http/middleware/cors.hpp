// cors: lets pages of other origins use a server (the Fetch standard).
#pragma once
#include <bight/core/unique_function.hpp>
#include <bight/http/handler.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

/// Options of cors. Not an aggregate, so that it is safe in co_await expressions.
struct cors_options {
  cors_options() {}

  /// Origins such as "https://app.example.org", without a path.
  std::vector<std::string> origins;
  /// If set, also allows the origins for which it returns true, except "null".
  unique_function<bool(std::string_view origin)> origin_filter;
  /// Allow every origin. Not possible together with `credentials`.
  bool any_origin = false;
  /// Allow the origin "null": of sandboxed frames, local files and redirects, so anyone's.
  bool null_origin = false;
  /// Methods besides GET, HEAD and POST.
  std::vector<std::string> methods;
  /// Request headers besides the safelisted ones (Accept, Accept-Language, Content-Language, and Content-Type
  /// for forms and plain text).
  std::vector<std::string> headers;
  /// Allow every request header.
  bool any_header = false;
  /// Response headers that pages may read, besides the safelisted ones.
  std::vector<std::string> exposed_headers;
  /// Allow requests with cookies, HTTP authentication and client certificates.
  bool credentials = false;
  /// Allow public pages to reach a server in a private network.
  bool private_network = false;
  /// How long browsers may cache the answer to a preflight request.
  std::chrono::seconds max_age{600};
};

/// Sends the Access-Control headers of responses, and answers preflight requests itself: with 204, or with
/// 403 if the origin is not allowed. Other requests of such origins are handled without the headers: browsers
/// keep the response from the page. Unless every origin is allowed, responses get `Vary: Origin`. Put it
/// outside of authentication, because preflight requests have no credentials.
///
/// An exception of the handler becomes a response here, so that it has the headers, too.
///
/// Errors: std::invalid_argument, naming the value, for origins that are not one as browsers send it, methods
/// and headers that are not tokens, and for any_origin with credentials: any page could act as the user then.
middleware cors(cors_options options);

}  // namespace bight::http
