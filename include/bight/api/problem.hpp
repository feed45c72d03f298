// problem: an error response, as a client of an API sees it. error: one with a body, thrown by a handler.
#pragma once
#include <bight/api/json.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/status.hpp>
#include <boost/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace bight::api {

/// Thrown by client::call: the server responded with an error, or with something that is not the result of
/// the operation.
///
///     try {
///       auto found = co_await shop.call(get_item, 7);
///     } catch (const api::problem& e) {
///       if (e.status() != 404) throw;
///     }
///
/// Not an http::problem, which a server would send on as its own.
class problem : public std::runtime_error {
 public:
  /// `text` is the body of the response, if that is a problem in JSON (RFC 9457).
  problem(http::status code, std::string_view operation, std::string_view text);
  /// A response that the operation does not declare.
  problem(http::status code, std::string_view operation, const invalid_input& why);

  http::status status() const noexcept { return status_; }
  /// The members of RFC 9457; empty if absent.
  std::string_view type() const noexcept { return member("type"); }
  std::string_view title() const noexcept { return member("title"); }
  std::string_view detail() const noexcept { return member("detail"); }
  /// The problem, or null if the body was none.
  const boost::json::value& document() const noexcept { return document_; }
  /// The problem as a T. Errors: invalid_input.
  template <class T>
  T body() const {
    return from_json<T>(boost::json::serialize(document_));
  }

 private:
  std::string_view member(std::string_view name) const noexcept;

  http::status status_;
  boost::json::value document_;
};

namespace detail {
void add_members(http::problem& to, std::string_view object);
}

/// An error with a body of its own: the members of `body`, a described struct, beside those of RFC 9457,
/// whose names it must not have.
///
///     inline constexpr auto order_item = api::post<order>("/orders", api::body<order>())
///         .fails<shortage>(409, "there are too few");
///
///     throw api::error(409, shortage{3}, "there are only 3");  // in the handler
///     const int left = e.body<shortage>().left;                // api::problem e, in a client
///
/// Errors: std::invalid_argument for a member with a name of RFC 9457, and for statuses below 400.
template <class Body>
[[nodiscard]] http::problem error(http::status code, const Body& body, std::string text = {}) {
  http::problem made{code, std::move(text)};
  detail::add_members(made, to_json(body));
  return made;
}

}  // namespace bight::api
