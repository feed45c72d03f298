// pg_cluster: a PostgreSQL server for tests.
#pragma once
#include <sys/types.h>
#include <bight/pg/options.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bight::testing {

/// Options of a pg_cluster. Not an aggregate, so that it is safe in co_await expressions.
class pg_cluster_options {
 public:
  pg_cluster_options() {}

  /// Parameters of the server, beside those that make it quick and unsafe, such as {"max_connections", "5"}.
  std::vector<std::pair<std::string, std::string>> settings;
  /// Lines of pg_hba.conf that precede the default ones: `local all all trust`, and scram-sha-256 for
  /// 127.0.0.1 with and without TLS.
  std::vector<std::string> access;
  /// PEM files with the server's certificate and key. Empty: the server does not offer TLS.
  std::string tls_certificate;
  std::string tls_key;
  /// PEM file with the authorities whose client certificates are accepted.
  std::string tls_client_ca;
  /// Make it a standby of this server instead of a new one; empty: a primary. The address of a socket
  /// directory and a port, as in pg_cluster::options.
  std::string standby_of;
};

/// A PostgreSQL server of its own, in a temporary folder, without a service: started by the constructor, and
/// stopped and deleted by the destructor, or when the process dies. It listens on a socket in its folder and
/// on a free port of 127.0.0.1. The superuser is "postgres", with the password "secret". If this process is
/// root, the server runs as the user postgres or nobody, since PostgreSQL refuses root.
///
///     bight::testing::pg_cluster cluster;
///     auto db = co_await pg::connect(cluster.options());
///
/// The programs are those of PATH or of Debian's packages; the newest version is used. Blocks the calling
/// thread, for about a second.
class pg_cluster {
 public:
  /// Why PostgreSQL cannot be started here, and the command that installs it; empty if it can.
  static std::string missing();
  /// The one that all tests of this process share; started by the first call.
  static pg_cluster& shared();

  /// Errors: std::runtime_error with what the programs said.
  explicit pg_cluster(pg_cluster_options o = {});
  pg_cluster(const pg_cluster&) = delete;
  pg_cluster& operator=(const pg_cluster&) = delete;
  ~pg_cluster();

  /// Connects as the superuser, through the socket.
  pg::options options() const;
  /// Same through TCP, with the password.
  pg::options tcp_options() const;
  const std::string& socket_directory() const noexcept { return folder_; }
  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  /// What the server has logged.
  std::string log() const;

  /// Stops the server as a crash would: connections are lost at once. Then `start` recovers.
  void stop();
  void start();

 private:
  void initialize();
  void configure();

  pg_cluster_options options_;
  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace bight::testing
