// `openssl s_server`: a TLS server of others, with any certificate and any options.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/certificates.hpp"
#include "support/child_process.hpp"

namespace bight::test {

/// `openssl s_server` on a free port. With "-rev" it sends every line back, reversed; with "-www" it answers
/// any GET with a page about the connection, one request a connection.
class s_server {
 public:
  explicit s_server(const certificate& identity, const std::vector<std::string>& options)
      : process_(arguments(identity, options)) {
    const auto where = process_.wait_for_line("ACCEPT ");
    port_ = static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1)));
  }

  std::uint16_t port() const noexcept { return port_; }
  /// The certificates of these tests are for this name.
  std::string url(std::string_view path = "/", std::string_view host = "localhost") const {
    return std::string{"https://"}.append(host).append(":").append(std::to_string(port_)).append(path);
  }
  child_process& process() noexcept { return process_; }

 private:
  static std::vector<std::string> arguments(const certificate& identity,
                                            const std::vector<std::string>& options) {
    std::vector<std::string> all{"openssl", "s_server",    "-accept", "127.0.0.1:0",
                                 "-cert",   identity.file, "-key",    identity.key};
    all.insert(all.end(), options.begin(), options.end());
    return all;
  }

  child_process process_;
  std::uint16_t port_ = 0;
};

}  // namespace bight::test
