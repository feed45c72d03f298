// Web servers of others that tests talk to: httpbin, Apache httpd, and one that sends zstd.
#pragma once
#include <gtest/gtest.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/child_process.hpp"
#include "support/program.hpp"

namespace bight::test {

/// A program of others that serves a port of loopback as whoever runs this, with its files in a folder of its
/// own. Killed by the destructor. Derived classes have `static std::string missing()`: why it cannot run
/// here, and the command that installs it; empty if it can.
class peer_server {
 public:
  peer_server(const peer_server&) = delete;
  peer_server& operator=(const peer_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(std::string_view path = "/", std::string_view scheme = "http") const;

 protected:
  peer_server();
  ~peer_server() = default;
  /// Starts it, and waits until it accepts connections.
  void start(const std::vector<std::string>& arguments);
  const scratch_folder& folder() const noexcept { return folder_; }
  child_process& process() { return process_.value(); }

 private:
  scratch_folder folder_;
  std::uint16_t port_;
  std::optional<child_process> process_;
};

/// Why a test with a program cannot run here, and which group of packages has it; empty if it can.
std::string missing_program(std::string_view program, std::string_view group = "peers");
/// The Python that has all of these modules; empty if there is none.
std::string python_with(const std::vector<std::string>& modules);

/// A fixture whose tests are skipped unless all peers can run here:
///
///     class client_proxies : public test::with_peers<test::nginx, test::tinyproxy> {};
template <class... Peers>
class with_peers : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const std::string& why : {Peers::missing()...})
      if (!why.empty()) GTEST_SKIP() << why;
  }
};

/// What the peers that ask for a user name and a password accept.
inline constexpr std::string_view peer_user = "user";
inline constexpr std::string_view peer_password = "open-sesame";

/// httpbin under gunicorn with threads, on kept connections. Its first start takes a second: one for all
/// tests of the process.
class httpbin : public peer_server {
 public:
  static std::string missing();
  static const httpbin& instance();

 private:
  httpbin();
};

/// How Apache is set up. A class and not an aggregate, so that it is safe inside co_await expressions.
class apache_options {
 public:
  apache_options() {}

  std::string server;  ///< More directives, for example "MaxKeepAliveRequests 3\n".
};

/// Apache httpd (event MPM, one process). It serves its folder www; /cgi-bin/ are CGI scripts; below /basic/
/// and /digest/ (MD5) it asks for peer_user and peer_password, realm "peers". Loaded besides: alias
/// (Redirect), mime, dir, headers, filter, deflate and brotli (AddOutputFilterByType).
class apache : public peer_server {
 public:
  static std::string missing();
  explicit apache(const apache_options& options = {});

  /// Writes a file into www, an hour old.
  void put(const std::string& name, std::string_view content) const;
  /// Writes a shell script for /cgi-bin/NAME.
  void put_script(const std::string& name, std::string_view commands) const;
  /// What it has reported so far.
  std::string log() const;

 private:
  std::string configure(const apache_options& options) const;
};

/// Sends its files as zstd, whatever the client accepts, on kept connections. The query of a URL changes how:
/// `window=N` (the logarithm; the size of the content is not told then), `frames=N`, `cut=N` (without the
/// last N bytes), `chunked=1`.
class zstd_server : public peer_server {
 public:
  static std::string missing();
  zstd_server();

  /// Writes a file that it serves.
  void put(const std::string& name, std::string_view content) const;
};

}  // namespace bight::test
