// The options of the programs that make HTTP requests: headers, credentials, TLS, proxies, addresses.
#pragma once
#include <CLI/CLI.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <optional>
#include <string>
#include <vector>

/// Declares the options and turns what was given into options of a client. Errors of all functions but
/// `declare...`: usage_error, naming the option.
class connection_options {
 public:
  /// Declares -H and --header.
  void declare_headers(CLI::App& group);
  /// Declares -u and --user, --digest, --netrc and --netrc-file.
  void declare_credentials(CLI::App& group);
  /// Declares -k, --ca-file, --cert, --key, -x, --no-proxy, --resolve and --unix-socket.
  void declare_connection(CLI::App& group);

  /// The headers, in their order.
  bight::http::headers headers() const;
  /// The credentials of --user.
  std::optional<bight::http::any_auth> credentials() const;
  /// Sets the credentials (--netrc included), TLS, proxy and addresses of `to`. Reads the netrc file.
  void apply(bight::http::client_options& to) const;
  /// Same without the credentials of --user, for programs that send these to some hosts only.
  void apply_without_user(bight::http::client_options& to) const;

 private:
  void apply_proxy(bight::http::client_options& to) const;
  void apply_addresses(bight::http::client_options& to) const;
  void apply_netrc(bight::http::client_options& to) const;

  std::vector<std::string> headers_;
  std::string user_;
  std::string proxy_;
  std::string unix_socket_;
  std::vector<std::string> resolve_;
  std::string netrc_file_;
  bool netrc_ = false;
  bool digest_ = false;
  bool no_proxy_ = false;
  bight::net::tls_client_options tls_;
};
