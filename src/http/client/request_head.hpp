// The head of a request as it is sent.
#pragma once
#include <bight/http/client.hpp>
#include <bight/http/request.hpp>
#include <string>
#include <string_view>

#include "http/client/pool.hpp"
#include "http/client/redirect.hpp"

namespace bight::http::detail {

/// Renders heads, with the default headers of a client.
class head_writer {
 public:
  /// Adds User-Agent, Accept and Accept-Encoding to the defaults that do not set them. Errors:
  /// errc::invalid_header.
  explicit head_writer(const client_options& options);

  /// Replaces `head`. `expect`: asks for "100 Continue" before the body. `to_proxy`: a connection to a proxy
  /// that is sent the request itself (RFC 9112 3.2.2).
  void render(std::string& head, const request& r, const identity& who, bool expect,
              const lease* to_proxy) const;
  /// Whether the head says that the connection is closed after the response (RFC 9112 9.6).
  bool says_close(const request& r) const noexcept;
  /// Calls f(name, value) for each field that is added to those of `r`. A Cookie field replaces the one of
  /// `r`.
  template <class F>
  void for_each_default(const request& r, const identity& who, F f) const;

 private:
  void append_headers(std::string& head, const request& r, const identity& who) const;

  headers defaults_;
  std::string rendered_;
  bool closes_by_default_ = false;
  bool decodes_ = false;  // Accept-Encoding is not the user's
};

template <class F>
void head_writer::for_each_default(const request& r, const identity& who, F f) const {
  const auto& own = r.headers();
  const bool authorized = !who.authorization.empty() && !own.contains(header_id::authorization);
  if (authorized) f(to_string(header_id::authorization), std::string_view{who.authorization});
  if (!who.cookie.empty()) f(to_string(header_id::cookie), std::string_view{who.cookie});
  for (const auto& field : defaults_) {
    const auto id = find_header_id(field.name);
    if (own.contains(field.name) || (who.cross_origin && is_credential(id))) continue;
    if (authorized && id == header_id::authorization) continue;
    if (!who.cookie.empty() && id == header_id::cookie) continue;
    // A range of what is coded could not be decoded (Fetch standard, HTTP-network-or-cache fetch).
    const bool whole_only = id == header_id::accept_encoding && decodes_ && own.contains(header_id::range);
    f(field.name, whole_only ? std::string_view{"identity"} : field.value);
  }
}

}  // namespace bight::http::detail
