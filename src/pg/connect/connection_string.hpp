// Connection strings and the password file, as libpq reads them (PostgreSQL 15, 34.1 and 34.16).
#pragma once
#include <bight/pg/options.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::pg::detail {

/// Keywords and their values, in order.
using keywords = std::vector<std::pair<std::string, std::string>>;

/// Whether a word can be a keyword. Anything else may be part of a URL that was mistyped, with its password,
/// and is not quoted in an error.
bool is_keyword(std::string_view word) noexcept;
/// Parses a URL or keywords. Returns: what is wrong with it, or nothing. Never contains a value, which may be
/// a password.
std::string parse_connection_string(std::string_view text, keywords& found);
/// The keywords of libpq's environment variables. `variable(name)` returns a value or null.
keywords keywords_of_environment(const char* (*variable)(const char*));
/// Sets the options; a keyword replaces an earlier one of the same name. Returns: what is wrong, or nothing.
std::string apply_keywords(const keywords& all, options& to);

/// What a password is looked up by.
struct password_key {
  std::string_view host;
  std::string_view port;
  std::string_view database;
  std::string_view user;
};
/// The password of the first line that matches.
std::optional<std::string> find_password(std::string_view file, const password_key& key);

}  // namespace bight::pg::detail
