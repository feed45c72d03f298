// Errors as one line for people.
#pragma once
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>

namespace bight::crawl {

/// A parser's text "RFC 9112 7.1: <rule>, byte 47: <message>" as "<message>: <rule>", or as the message alone
/// where that says it all.
inline std::string describe_parse_error(std::string_view what, const boost::system::error_code& code) {
  const auto message = code.message();
  const auto byte = what.rfind(", byte ");
  const auto colon = what.find(": ");
  const bool by_a_parser = what.starts_with("RFC ") || what.starts_with("limits: ");
  if (!by_a_parser || byte == what.npos || colon > byte || !what.ends_with(message)) return std::string{what};
  if (code == http::errc::truncated || code == http::errc::server_closed) return message;
  return message + std::string{what.substr(colon, byte - colon)};
}

/// The text of `e` for the error of a page: without the URL, which the page has, and without the number of
/// the code.
inline std::string describe_error(const boost::system::system_error& e, std::string_view url) {
  std::string_view what = e.what();
  if (what.starts_with(url) && what.substr(url.size()).starts_with(": ")) what.remove_prefix(url.size() + 2);
  const auto number = " [" + e.code().to_string() + "]";
  if (what.ends_with(number)) what.remove_suffix(number.size());
  return describe_parse_error(what, e.code());
}

}  // namespace bight::crawl
