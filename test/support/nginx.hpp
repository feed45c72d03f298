// A real web server to talk to.
#pragma once
#include <string>
#include <string_view>

#include "support/peers.hpp"

namespace bight::test {

/// How nginx is set up. A class and not an aggregate, so that it is safe inside co_await expressions.
class nginx_options {
 public:
  nginx_options() {}

  std::string root;    ///< The folder that is served; one of its own if empty.
  std::string listen;  ///< More for the listen directive: "ssl".
  std::string server;  ///< More for the server block: directives and locations.
};

/// nginx in one process.
class nginx : public peer_server {
 public:
  static std::string missing() { return missing_program("nginx", "test"); }
  explicit nginx(const nginx_options& options = {});

  /// Writes a file into its folder.
  void put(const std::string& name, std::string_view content) const;

 private:
  std::string configure(const nginx_options& options) const;
};

}  // namespace bight::test
