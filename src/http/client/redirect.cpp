#include "http/client/redirect.hpp"

#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "http/url/percent.hpp"

namespace bight::http::detail {

using boost::system::system_error;

bool is_credential(header_id id) noexcept {
  return id == header_id::authorization || id == header_id::cookie || id == header_id::proxy_authorization;
}

bool is_redirect(status code, const headers& answer) noexcept {
  const bool moved = code == status::moved_permanently || code == status::found ||
                     code == status::see_other || code == status::temporary_redirect ||
                     code == status::permanent_redirect;
  return moved && !answer.get(header_id::location).value_or(std::string_view{}).empty();
}

namespace {

// Bytes that are not UTF-8 stay what they are, as in browsers: in a URL they would become U+FFFD.
std::string escaped_unless_utf8(std::string_view location) {
  std::string out{location};
  if (bight::detail::is_utf8(location)) return out;
  out.clear();
  for (const char c : location) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80)
      out += c;
    else
      url_detail::append_percent_byte(out, byte);
  }
  return out;
}

url target_of(const request& r, const headers& answer) {
  const auto location = escaped_unless_utf8(answer.get(header_id::location).value());
  auto next = url::parse(location, r.url());
  if (!next) throw system_error(next.error(), r.url().redacted() + ": redirect to " + redacted(location));
  // A WebSocket's server may say ws for http.
  if (r.headers().contains(header_id::upgrade) && (next->scheme() == "ws" || next->scheme() == "wss"))
    static_cast<void>(next->set_scheme(next->scheme() == "ws" ? "http" : "https"));
  if (!next->is_http())
    throw system_error(make_error_code(errc::unsupported_scheme),
                       r.url().redacted() + ": redirect to " + next->redacted());
  if (!next->has_fragment() && r.url().has_fragment()) next->set_fragment(r.url().fragment());
  return std::move(*next);
}

}  // namespace

void follow(request& r, status code, const headers& answer, identity& who) {
  auto next = target_of(r, answer);
  const bool to_get =
      code == status::see_other
          ? r.method() != method::head
          : (code == status::moved_permanently || code == status::found) && r.method() == method::post;
  if (to_get) {
    r.set_method(method::get);
    r.set_body(body{});
    for (const auto id : {header_id::content_type, header_id::content_encoding, header_id::content_language,
                          header_id::content_location, header_id::content_length, header_id::expect})
      r.headers().remove(id);
  }
  if (next.origin() != r.url().origin()) {
    // curl CVE-2018-1000007 and its many successors.
    for (const auto id :
         {header_id::authorization, header_id::cookie, header_id::proxy_authorization, header_id::host})
      r.headers().remove(id);
    who.authorization.clear();
    who.digest.reset();
    who.cross_origin = true;
  }
  if (!r.body().rewind())
    throw system_error(make_error_code(errc::body_not_replayable),
                       r.url().redacted() + ": redirect to " + next.redacted());
  r.set_url(std::move(next));
}

}  // namespace bight::http::detail
