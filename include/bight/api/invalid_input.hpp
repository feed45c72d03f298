// invalid_input: everything that is wrong with a request.
#pragma once
#include <bight/http/problem.hpp>
#include <string>
#include <vector>

namespace bight::api {

/// One value of a request that does not fit. Not an aggregate, so that it is safe in co_await expressions.
class invalid_value {
 public:
  invalid_value() {}

  std::string in;       ///< "body", "form", "path", "query", "header" or "cookie".
  std::string name;     ///< Of the parameter; empty for a body.
  std::string pointer;  ///< Inside it, as a JSON pointer (RFC 6901): "/items/3/price".
  /// The keyword of JSON Schema that is violated: "type", "required", "minimum", "exclusiveMinimum",
  /// "maximum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
  /// "maxProperties", "enum", "format", "additionalProperties"; "json" for a body that is none.
  std::string constraint;
  std::string detail;  ///< "must be greater than 0"
  std::string value;   ///< The value as JSON text, cut at 100 characters; empty if absent or secret.
};

/// A request whose values do not fit the operation: 422, with a member `errors` that lists all of them.
class invalid_input : public http::problem {
 public:
  explicit invalid_input(std::vector<invalid_value> all);
  const std::vector<invalid_value>& errors() const noexcept { return errors_; }

 private:
  std::vector<invalid_value> errors_;
};

}  // namespace bight::api
