// The zoo of test/crawl/zoo while it is served.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "support/child_process.hpp"

namespace bight::test {

inline std::filesystem::path zoo_directory() {
  return std::filesystem::path{BIGHT_SOURCE_DIR} / "test/crawl/zoo";
}

class served_zoo {
 public:
  served_zoo() : server_({"python3", (zoo_directory() / "server.py").string()}) {
    const auto url = server_.wait_for_line("http://127.0.0.1:");
    port_ = url.substr(0, url.find('/'));
  }
  /// h2 -> 127.0.0.2:port.
  std::string real(std::string text) const {
    for (char host = '1'; host <= '9'; ++host) {
      const std::string name = std::string{"//h"} + host;
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
        text.replace(at, name.size(), std::string{"//127.0.0."} + host + ":" + port_);
    }
    return text;
  }
  std::string short_name(std::string text) const {
    for (char host = '1'; host <= '9'; ++host) {
      const std::string name = std::string{"//127.0.0."} + host + ":" + port_;
      if (const auto at = text.find(name); at != std::string::npos)
        text.replace(at, name.size(), std::string{"//h"} + host);
    }
    return text;
  }

 private:
  child_process server_;
  std::string port_;
};

}  // namespace bight::test
