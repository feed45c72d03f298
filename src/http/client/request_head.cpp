#include "http/client/request_head.hpp"

#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "http/coding/content_decoder.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/serializer.hpp"

namespace bight::http::detail {

using boost::system::error_code;
using boost::system::system_error;

namespace {

void check(const error_code& ec, const url& where) {
  if (ec) throw system_error(ec, where.redacted());
}

[[noreturn]] void refuse_header(const std::string& where, header_id id) {
  throw system_error(make_error_code(errc::invalid_header), where + ": " + std::string{to_string(id)});
}

}  // namespace

head_writer::head_writer(const client_options& options) : defaults_(options.default_headers) {
  const std::pair<header_id, std::string_view> usual[] = {
      {header_id::user_agent, options.user_agent},
      {header_id::accept, "*/*"},
      {header_id::accept_encoding, options.decode ? coding::accept_encoding : std::string_view{}}};
  decodes_ = options.decode && !defaults_.contains(header_id::accept_encoding);
  for (const auto& [id, value] : usual)
    if (!value.empty() && !defaults_.contains(id)) defaults_.append(id, value);
  for (const auto id : {header_id::host, header_id::content_length, header_id::transfer_encoding,
                        header_id::proxy_authorization})
    if (defaults_.contains(id)) refuse_header("client_options::default_headers", id);
  if (const auto ec = h1::append_fields(rendered_, defaults_)) throw system_error(ec);
  closes_by_default_ = h1::read_connection(defaults_).close;
}

// The headers of the request, then the defaults that it leaves.
void head_writer::append_headers(std::string& head, const request& r, const identity& who) const {
  const auto& own = r.headers();
  if (!own.contains(header_id::host)) check(h1::append_field(head, "Host", r.url().host_and_port()), r.url());
  if (own.empty() && !who.cross_origin && who.authorization.empty() && who.cookie.empty()) {
    head += rendered_;
    return;
  }
  for (const auto& field : own) {
    const auto id = find_header_id(field.name);
    const bool replaced = !who.cookie.empty() && id == header_id::cookie;
    const bool for_proxy = id == header_id::proxy_authorization;  // render adds it if there is one
    if (!replaced && !for_proxy) check(h1::append_field(head, field.name, field.value), r.url());
  }
  for_each_default(r, who, [&](std::string_view name, std::string_view value) {
    check(h1::append_field(head, name, value), r.url());
  });
}

void head_writer::render(std::string& head, const request& r, const identity& who, bool expect,
                         const lease* to_proxy) const {
  head.clear();
  if (to_proxy) {
    const auto target = "http://" + std::string{r.url().host_and_port()}.append(r.url().request_target());
    check(h1::append_request_line(head, r.method(), target), r.url());
    const auto own = r.headers().get(header_id::proxy_authorization);
    const auto value = own.value_or(to_proxy->proxy_authorization());
    if (!value.empty()) check(h1::append_field(head, "Proxy-Authorization", value), r.url());
  } else {
    check(h1::append_request_line(head, r.method(), r.url().request_target()), r.url());
  }
  const auto& own = r.headers();
  // A length that is not the body's would let the server see another request than the one that was meant.
  if (own.contains(header_id::transfer_encoding))
    refuse_header(r.url().redacted(), header_id::transfer_encoding);
  const auto size = r.body().size();
  if (own.contains(header_id::content_length) && content_length(own) != size)
    refuse_header(r.url().redacted(), header_id::content_length);
  append_headers(head, r, who);
  if (expect && !own.contains(header_id::expect)) head += "Expect: 100-continue\r\n";
  const bool usually_has_body =
      r.method() == method::post || r.method() == method::put || r.method() == method::patch;
  if (!size)
    head += "Transfer-Encoding: chunked\r\n";
  else if ((usually_has_body || *size != 0) && !own.contains(header_id::content_length))
    h1::append_field(head, "Content-Length", *size);
  h1::append_end_of_head(head);
}

bool head_writer::says_close(const request& r) const noexcept {
  if (!r.headers().contains(header_id::connection)) return closes_by_default_;
  return h1::read_connection(r.headers()).close;
}

}  // namespace bight::http::detail
