// netrc: user names and passwords from ~/.netrc.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/auth.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

/// The content of a .netrc file, as used by ftp, curl and Python: `machine NAME login USER password SECRET`.
///
///     const auto logins = co_await http::netrc::load(http::netrc::default_path().value());
///     if (auto who = logins.find(where.host())) request.headers().set("Authorization",
///     who->authorization());
///
/// Values may be in double quotes, with backslash escapes. Lines with `#` where a keyword may be are
/// comments; `macdef` and `account` are skipped. Concurrency: safe unless modified.
class netrc {
 public:
  netrc() = default;
  /// Errors: system_error with errc::malformed_file, naming the line, never a value;
  /// errc::invalid_credentials.
  [[nodiscard]] static netrc parse(std::string_view text);
  /// Reads a file. Errors: as parse, naming the file; ENOENT.
  [[nodiscard]] static awaitable<netrc> load(std::filesystem::path path);

  /// What the environment says about where it is: $NETRC, else .netrc in $HOME; nullopt without both.
  static std::optional<std::filesystem::path> default_path(
      const std::function<const char*(const char*)>& getenv = {});

  /// The first entry for a host, ignoring case, else the default. `user`: only an entry of that user.
  std::optional<basic_auth> find(std::string_view host, std::string_view user = {}) const;

 private:
  static netrc parse(std::string_view text, const std::string& source);
  struct entry {
    std::optional<std::string> machine;  // nullopt: default
    std::string user;
    std::string password;
  };
  std::vector<entry> entries_;
};

}  // namespace bight::http
