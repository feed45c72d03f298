#include <bight/http/method.hpp>

#include <algorithm>
#include <bight/http/error.hpp>

#include "http/h1/chars.hpp"

namespace bight::http {
namespace {

constexpr std::array<std::string_view, 10> names{"",       "GET",     "HEAD",  "POST",    "PUT",
                                                 "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"};

}  // namespace

method_id find_method_id(std::string_view text) noexcept {
  switch (text.size()) {
    case 3:
      return text == "GET" ? method_id::get : text == "PUT" ? method_id::put : method_id::other;
    case 4:
      return text == "POST" ? method_id::post : text == "HEAD" ? method_id::head : method_id::other;
    case 5:
      return text == "PATCH" ? method_id::patch : text == "TRACE" ? method_id::trace : method_id::other;
    case 6:
      return text == "DELETE" ? method_id::delete_ : method_id::other;
    case 7:
      return text == "OPTIONS"   ? method_id::options
             : text == "CONNECT" ? method_id::connect
                                 : method_id::other;
    default:
      return method_id::other;
  }
}

boost::system::result<method> method::parse(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  if (text.empty() || text.size() > max_size || h1::find_other(text.data(), end, h1::token_char) != end)
    return make_error_code(errc::malformed_start_line);
  method result(find_method_id(text));
  if (result.id_ == method_id::other) {
    result.size_ = static_cast<std::uint8_t>(text.size());
    std::copy(text.begin(), text.end(), result.text_.begin());
  }
  return result;
}

std::string_view method::name() const noexcept {
  if (id_ == method_id::other) return {text_.data(), size_};
  return names[static_cast<std::size_t>(id_)];
}

bool method::is_safe() const noexcept {
  return id_ == method_id::get || id_ == method_id::head || id_ == method_id::options ||
         id_ == method_id::trace;
}

bool method::is_idempotent() const noexcept {
  return is_safe() || id_ == method_id::put || id_ == method_id::delete_;
}

}  // namespace bight::http
