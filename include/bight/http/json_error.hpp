// json_error: what is wrong with a JSON text, and where. request_json_error: in the body of a request.
#pragma once
#include <boost/system/system_error.hpp>
#include <string>

namespace bight::http {

/// Thrown for text that is not JSON, or does not have the expected shape. Its code is errc::invalid_json.
class json_error : public boost::system::system_error {
 public:
  json_error(std::string pointer, std::string reason);

  /// The place, as a JSON pointer (RFC 6901): "/items/3/price"; empty for the whole document and for text
  /// that is not JSON.
  const std::string& pointer() const noexcept { return pointer_; }
  /// What is wrong there: "expected a number, not a string".
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string pointer_;
  std::string reason_;
};

/// A json_error in the body of a request, thrown by json(server_request&). A handler that lets it pass
/// responds with 422; another json_error, such as one in the response of an upstream, is a failure of the
/// handler: 500.
class request_json_error : public json_error {
 public:
  explicit request_json_error(const json_error& e) : json_error(e) {}
};

}  // namespace bight::http
