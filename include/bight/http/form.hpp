// form: the fields of a form as application/x-www-form-urlencoded.
#pragma once
#include <bight/http/body.hpp>
#include <bight/http/url.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace bight::http {

/// The fields of a form as browsers send them by default (WHATWG URL, section 5). For files: multipart.
///
///     co_await client.post(url).form(http::form{}.field("user", "ann").field("page", "2"));
///
/// Names may repeat; order is kept; spaces become `+`. Servers read one with parse.
class form {
 public:
  /// The value of Content-Type.
  static constexpr std::string_view content_type = "application/x-www-form-urlencoded";

  form() = default;
  explicit form(query_params fields) noexcept : fields_(std::move(fields)) {}

  /// Parses a body. Errors: errc::body_too_large if a limit is exceeded; every other input is valid.
  [[nodiscard]] static boost::system::result<form> parse(std::string_view text,
                                                         const query_params_limits& limits = {}) {
    auto parsed = query_params::parse(text, limits);
    if (!parsed) return parsed.error();
    return form{*std::move(parsed)};
  }

  /// Adds a field at the end.
  form& field(std::string_view name, std::string_view value) & {
    fields_.append(name, value);
    return *this;
  }
  form field(std::string_view name, std::string_view value) && {
    fields_.append(name, value);
    return std::move(*this);
  }

  /// To look up fields and to change them.
  const query_params& fields() const noexcept { return fields_; }
  query_params& fields() noexcept { return fields_; }

  std::string to_string() const { return fields_.to_string(); }
  /// The body of a request, replayable and of known size.
  http::body to_body() const { return http::body{to_string()}; }

 private:
  query_params fields_;
};

}  // namespace bight::http
