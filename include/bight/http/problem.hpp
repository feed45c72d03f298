// problem: an error response as application/problem+json.
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/json_error.hpp>
#include <bight/http/server_response.hpp>
#include <bight/http/status.hpp>
#include <concepts>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http {

/// An error in the format of RFC 9457 (Problem Details). Handlers and middleware throw it, and the server
/// sends it as the response.
///
///     throw http::problem{404, "there is no item 7"};
///     throw http::problem{403, "your balance is 30, but that costs 50"}
///         .type("https://example.com/probs/out-of-credit")
///         .with("balance", 30)
///         .header("Retry-After", "3600");
///
/// A request_json_error that a handler throws is sent in the same way, as 422 with the members `pointer` and
/// `detail`. Malformed UTF-8 in texts is replaced by U+FFFD.
class problem : public std::exception {
 public:
  /// `detail` explains this occurrence, for people. Errors: std::invalid_argument unless the status is one of
  /// an error (400 to 599).
  explicit problem(http::status code, std::string detail = {});

  /// A URI that identifies the kind of problem. Default: about:blank, which says no more than the status.
  problem& type(std::string uri) &;
  problem type(std::string uri) && { return std::move(type(std::move(uri))); }
  /// A short text that is the same for all problems of that type. Default: the reason phrase of the status.
  problem& title(std::string text) &;
  problem title(std::string text) && { return std::move(title(std::move(text))); }
  /// A URI that identifies this occurrence.
  problem& instance(std::string uri) &;
  problem instance(std::string uri) && { return std::move(instance(std::move(uri))); }
  /// Adds a member: a text, a number or a bool. Errors: std::invalid_argument for the names of RFC 9457
  /// ("type", "title", "status", "detail", "instance"), and for numbers that are not finite.
  template <class T>
    requires std::integral<T> || std::floating_point<T> || std::convertible_to<const T&, std::string_view>
  problem& with(std::string_view name, const T& value) & {
    if constexpr (std::same_as<T, bool>)
      add(name, value ? "true" : "false");
    else if constexpr (std::signed_integral<T>)
      add_integer(name, static_cast<std::int64_t>(value));
    else if constexpr (std::integral<T>)
      add_integer(name, static_cast<std::uint64_t>(value));
    else if constexpr (std::floating_point<T>)
      add_real(name, static_cast<double>(value));
    else
      add_text(name, value);
    return *this;
  }
  template <class T>
    requires std::integral<T> || std::floating_point<T> || std::convertible_to<const T&, std::string_view>
  problem with(std::string_view name, const T& value) && {
    return std::move(with(name, value));
  }
  /// Adds a member whose value is JSON text, for example to_json(items).
  problem& with_json(std::string_view name, std::string_view json) &;
  problem with_json(std::string_view name, std::string_view json) && {
    return std::move(with_json(name, json));
  }
  /// Adds a header to the response, for example WWW-Authenticate. Errors: errc::invalid_header.
  problem& header(std::string_view name, std::string_view value) &;
  problem header(std::string_view name, std::string_view value) && { return std::move(header(name, value)); }

  http::status status() const noexcept { return status_; }
  const std::string& detail() const noexcept { return detail_; }
  /// "404 Not Found: there is no item 7".
  const char* what() const noexcept override { return what_.c_str(); }

  std::string to_json() const;
  /// The response: status, headers, and the JSON text as application/problem+json.
  server_response to_response() const;

 private:
  void add(std::string_view name, std::string json);
  void add_text(std::string_view name, std::string_view value);
  void add_integer(std::string_view name, std::int64_t value);
  void add_integer(std::string_view name, std::uint64_t value);
  void add_real(std::string_view name, double value);

  http::status status_;
  std::string detail_;
  std::string what_;
  std::string type_;
  std::string title_;
  std::string instance_;
  std::vector<std::pair<std::string, std::string>> members_;  // values in JSON
  http::headers headers_;
};

/// What a server makes of a request_json_error: a problem with status 422 and the members `pointer` and
/// `detail`.
problem to_problem(const json_error& error);

}  // namespace bight::http
