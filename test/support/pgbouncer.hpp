// pgbouncer, a pooler in front of PostgreSQL.
#pragma once
#include <unistd.h>

#include <bight/pg/options.hpp>
#include <bight/testing_pg/pg_cluster.hpp>
#include <string>

#include "support/peers.hpp"

namespace bight::test {

/// In transaction mode: each transaction of a client may run on another of its `size` connections to the
/// server.
class pgbouncer final : public peer_server {
 public:
  static std::string missing() {
    const auto why = testing::pg_cluster::missing();
    return why.empty() ? missing_program("pgbouncer") : why;
  }

  pgbouncer(const testing::pg_cluster& server, int size) {
    std::string text =
        "[databases]\n* = host=" + server.socket_directory() + " port=" + std::to_string(server.port());
    text += " user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " + std::to_string(port());
    text += "\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = " +
            std::to_string(size);
    if (::geteuid() == 0) text += "\nuser = nobody";  // it refuses to run as root
    start({"pgbouncer", folder().write("pgbouncer.ini", text + '\n')});
  }

  pg::options options() const {
    pg::options o;
    o.hosts = {{"127.0.0.1", port()}};
    o.user = "postgres";
    o.database = "postgres";
    o.ssl_mode = pg::ssl_mode::disable;
    return o;
  }
};

}  // namespace bight::test
