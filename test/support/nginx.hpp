// A real web server to talk to.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "support/program.hpp"

namespace bight::test {

/// How nginx is set up. A class and not an aggregate, so that it is safe inside co_await expressions.
class nginx_options {
 public:
  nginx_options() {}

  std::string root;    ///< The folder that is served; one of its own if empty.
  std::string listen;  ///< More for the listen directive: "ssl".
  std::string server;  ///< More for the server block: directives and locations.
};

/// nginx on a port of loopback, in one process, as whoever runs this. Killed by the destructor.
class nginx {
 public:
  /// True if it is installed.
  static bool available();

  explicit nginx(const nginx_options& options = {});

  /// Writes a file into its folder.
  void put(const std::string& name, std::string_view content) const;
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(std::string_view path = "/", std::string_view scheme = "http") const;

 private:
  std::string configure(const nginx_options& options) const;

  scratch_folder folder_;
  std::uint16_t port_;
  program process_;
};

}  // namespace bight::test
