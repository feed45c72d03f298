#include <bight/testing_pg/pg_cluster.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "testing_pg/server_process.hpp"

namespace bight::testing {
namespace {

namespace files = std::filesystem;

std::string make_folder() {
  std::string path = (files::temp_directory_path() / "bight-pg-XXXXXX").string();
  if (!::mkdtemp(path.data())) throw std::system_error(errno, std::generic_category(), path);
  return path;
}

std::uint16_t free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool good = ::bind(s, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::getsockname(s, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(s);
  if (!good) throw std::system_error(errno, std::generic_category(), "no free port");
  return ntohs(address.sin_port);
}

void give_to_server(const std::string& path) {
  const auto as = detail::user_for_server();
  if (::geteuid() == 0 && ::chown(path.c_str(), as.user, as.group) != 0)
    throw std::system_error(errno, std::generic_category(), path);
}

void copy_secret(const std::string& from, const std::string& to) {
  files::copy_file(from, to, files::copy_options::overwrite_existing);
  files::permissions(to, files::perms::owner_read | files::perms::owner_write);
  give_to_server(to);
}

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The eighth line of postmaster.pid says how far it is.
bool is_ready(const std::string& data) {
  std::ifstream in(data + "/postmaster.pid");
  std::string line;
  for (int i = 0; i != 8; ++i)
    if (!std::getline(in, line)) return false;
  return line.starts_with("ready") || line.starts_with("standby");
}

}  // namespace

std::string pg_cluster::missing() {
  if (!detail::programs().empty()) return {};
  return "PostgreSQL is not installed: sh cmake/install_deps.sh peers";
}

pg_cluster& pg_cluster::shared() {
  static pg_cluster cluster;
  return cluster;
}

pg_cluster::pg_cluster(pg_cluster_options o) : options_(std::move(o)) {
  if (const auto why = missing(); !why.empty()) throw std::runtime_error("bight: " + why);
  folder_ = make_folder();
  try {
    // Others may connect, since the server may run as another user.
    files::permissions(folder_, files::perms::owner_all | files::perms::group_exec |
                                    files::perms::others_exec | files::perms::group_read |
                                    files::perms::others_read);
    give_to_server(folder_);
    port_ = free_port();
    initialize();
    configure();
    start();
  } catch (...) {
    stop();
    std::error_code ignored;
    files::remove_all(folder_, ignored);
    throw;
  }
}

pg_cluster::~pg_cluster() {
  stop();
  std::error_code ignored;
  files::remove_all(folder_, ignored);
}

void pg_cluster::initialize() {
  const auto data = folder_ + "/data";
  const auto output = folder_ + "/initialize.log";
  if (!options_.standby_of.empty()) {
    detail::run_program({detail::programs() + "/pg_basebackup", "-D", data, "-R", "--no-sync", "-c", "fast",
                         "-d", options_.standby_of},
                        output);
    return;
  }
  const auto password = folder_ + "/password";
  std::ofstream(password) << "secret\n";
  give_to_server(password);
  detail::run_program(
      {detail::programs() + "/initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync",
       "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile=" + password},
      output);
}

void pg_cluster::configure() {
  const auto data = folder_ + "/data";
  std::ofstream access(data + "/pg_hba.conf", std::ios::trunc);
  for (const auto& line : options_.access) access << line << '\n';
  access << "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
  std::ofstream file(data + "/postgresql.auto.conf", std::ios::app);
  file << "listen_addresses = '127.0.0.1'\nunix_socket_directories = '" << folder_ << "'\nport = " << port_
       << "\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\njit = off\nshared_buffers = "
          "'16MB'\n"
       << "max_connections = 60\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n";
  if (!options_.tls_certificate.empty()) {
    copy_secret(options_.tls_certificate, data + "/server.crt");
    copy_secret(options_.tls_key.empty() ? options_.tls_certificate : options_.tls_key, data + "/server.key");
    file << "ssl = on\n";
    if (!options_.tls_client_ca.empty()) {
      copy_secret(options_.tls_client_ca, data + "/root.crt");
      file << "ssl_ca_file = 'root.crt'\n";
    }
  }
  for (const auto& [name, value] : options_.settings) file << name << " = '" << value << "'\n";
}

void pg_cluster::start() {
  if (pid_ > 0) return;
  const auto data = folder_ + "/data";
  pid_ = detail::start_program({detail::programs() + "/postgres", "-D", data}, folder_ + "/server.log");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!is_ready(data)) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("bight: PostgreSQL ended: " + log());
    }
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("bight: PostgreSQL does not start: " + log());
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

void pg_cluster::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGQUIT);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
}

std::string pg_cluster::log() const { return text_of(folder_ + "/server.log"); }

pg::options pg_cluster::options() const {
  pg::options o;
  o.hosts = {{folder_, port_}};
  o.user = "postgres";
  o.database = "postgres";
  return o;
}

pg::options pg_cluster::tcp_options() const {
  auto o = options();
  o.hosts = {{"127.0.0.1", port_}};
  o.password = "secret";
  return o;
}

}  // namespace bight::testing
