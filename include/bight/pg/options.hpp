// options: where a PostgreSQL server is and how to connect.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/net/connect.hpp>
#include <bight/pg/error.hpp>
#include <bight/pg/query_record.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::pg {

/// Whether TLS is used, as libpq's sslmode. Unix domain sockets never use it. `require` does not verify the
/// certificate, unless ssl_root_cert is set: then it is verify_ca.
enum class ssl_mode : std::uint8_t { disable, allow, prefer, require, verify_ca, verify_full };

/// Whether SCRAM authentication is bound to the TLS connection, which finds out a man in the middle.
enum class channel_binding : std::uint8_t { disable, prefer, require };

/// Which server of several is wanted, as libpq's target_session_attrs.
enum class session_attributes : std::uint8_t { any, read_write, read_only, primary, standby, prefer_standby };

/// How statements with parameters are sent.
enum class prepare_mode : std::uint8_t {
  cached,    ///< Prepared once per connection, which keeps the last `statement_cache_size` ones.
  one_shot,  ///< Anew each time, in one round trip: for poolers that give each transaction another
             ///< connection, such as pgbouncer before 1.21. Parameters have the types of the C++ arguments,
             ///< and results come in binary: types that are not listed in codec.hpp have to be cast to text.
};

/// A server. `name`: a host name, an IP address, or the directory of a Unix domain socket, which starts with
/// "/", or with "@" if it is abstract.
class host {
 public:
  host() {}
  host(std::string n, std::uint16_t p = 5432) : name(std::move(n)), port(p) {}

  std::string name;
  /// Connect to this IP address instead of looking up `name`, which the certificate is verified for.
  std::string address;
  std::uint16_t port = 5432;

  bool is_unix() const noexcept { return name.starts_with('/') || name.starts_with('@'); }
};

/// Options of a connection. `pg::options{"postgresql://app@db.example.org/shop?sslmode=verify-full"}`.
class options {
 public:
  /// The defaults of this class.
  options() {}
  /// From a URL (postgresql:// or postgres://) or from keywords ("host=/run/postgresql dbname=shop"), as
  /// libpq; what it does not say is taken from the service that it or PGSERVICE names, and then from the
  /// environment (PGHOST, PGUSER, ...). Keywords are those of libpq and `prepare`, `statement_cache_size` and
  /// `command_timeout`. A service is looked up in service files, as by libpq, which blocks. Errors:
  /// errc::invalid_option, naming the keyword, the variable or the line.
  template <class Text>
    requires std::convertible_to<const Text&, std::string_view>
  options(const Text& connection) : options(parse(connection, &environment)) {}

  /// Same with other variables: `variable(name)` returns the value, or null.
  static options parse(std::string_view connection, const char* (*variable)(const char*));

  /// Tried in this order. Empty: /run/postgresql, then localhost.
  std::vector<host> hosts;
  /// Try the hosts, and the addresses of each, in random order.
  bool shuffle_hosts = false;
  /// Empty: the name of the operating system's user.
  std::string user;
  /// None: from the password file.
  std::optional<std::string> password;
  /// Lines of host:port:database:user:password. Empty: ~/.pgpass. Ignored if others may read it.
  std::string password_file;
  /// Empty: the name of the user.
  std::string database;
  std::string application_name;
  /// Parameters of the session, such as {"search_path", "shop"}.
  std::vector<std::pair<std::string, std::string>> settings;

  pg::ssl_mode ssl_mode = pg::ssl_mode::prefer;
  /// PEM file with the certificates to trust; "system": those of the system. A connection string with
  /// sslrootcert=system defaults to verify-full and rejects weaker modes. Empty: ~/.postgresql/root.crt if it
  /// exists, otherwise those of the system.
  std::string ssl_root_cert;
  /// PEM file with the client's certificate, and its key. Empty: none.
  std::string ssl_cert;
  std::string ssl_key;
  pg::channel_binding channel_binding = pg::channel_binding::prefer;
  pg::session_attributes session_attributes = pg::session_attributes::any;

  /// For each address: connecting, TLS and authentication.
  clock::duration connect_timeout = std::chrono::seconds{10};
  /// For each call, from the moment it is awaited. `forever`: none.
  clock::duration command_timeout = forever;
  /// For the end of a call that was cancelled; then the connection is closed.
  clock::duration cancel_timeout = std::chrono::seconds{5};

  pg::prepare_mode prepare = pg::prepare_mode::cached;
  /// The number of statements that are kept prepared; 0: none.
  std::size_t statement_cache_size = 256;
  /// Longer statements are not kept.
  std::size_t max_cached_statement_bytes = 16U << 10U;
  /// The size of one message of the server, and so of a row.
  std::size_t max_message_bytes = 256U << 20U;
  /// The size of the result of `fetch`.
  std::size_t max_result_bytes = 256U << 20U;

  /// Called for messages of the server that are not errors. Default: they are logged.
  std::function<void(const notice&)> on_notice;
  /// Called after each call, for logs and metrics. Must not throw.
  std::function<void(const query_record&)> on_query;
  /// The addresses that may be connected to.
  net::connect_policy connect_policy;

 private:
  static const char* environment(const char* name);
};

}  // namespace bight::pg
