#include "support/peers.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "support/sockets.hpp"

namespace bight::test {
namespace {

namespace files = std::filesystem;

std::string missing_part(std::string_view what, std::string_view group = "peers") {
  return std::string{what}.append(" is not installed: sh cmake/install_deps.sh ").append(group);
}

const std::string& python_of_httpbin() {
  static const auto found = python_with({"httpbin", "gunicorn"});
  return found;
}

const std::string& python_of_zstd() {
  static const auto found = python_with({"zstandard"});
  return found;
}

constexpr std::string_view apache_modules = "/usr/lib/apache2/modules/";

constexpr std::string_view apache_places = R"(
Alias /basic/ ${ROOT}/www/
Alias /digest/ ${ROOT}/www/
ScriptAlias /cgi-bin/ ${ROOT}/cgi-bin/
<Directory />
  Require all granted
</Directory>
<Location /basic/>
  AuthType Basic
  AuthName peers
  AuthBasicProvider file
  AuthUserFile basic.users
  Require valid-user
</Location>
<Location /digest/>
  AuthType Digest
  AuthName peers
  AuthDigestProvider file
  AuthUserFile digest.users
  Require valid-user
</Location>
)";

}  // namespace

peer_server::peer_server() : port_(closed_port()) {}

std::string peer_server::url(std::string_view path, std::string_view scheme) const {
  return std::string{scheme}.append("://").append(authority()).append(path);
}

void peer_server::start(const std::vector<std::string>& arguments) {
  process_.emplace(arguments);
  process_->wait_for_port(port_);
}

std::string missing_program(std::string_view program, std::string_view group) {
  return find_program(program).empty() ? missing_part(program, group) : "";
}

std::string python_with(const std::vector<std::string>& modules) {
  constexpr const char* check =
      "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))";
  for (const std::string& python : {find_program("python3"), std::string{"/usr/bin/python3"}}) {
    if (python.empty() || ::access(python.c_str(), X_OK) != 0) continue;
    std::vector<std::string> command{python, "-c", check};
    command.insert(command.end(), modules.begin(), modules.end());
    if (run(command).status == 0) return python;
  }
  return {};
}

std::string httpbin::missing() {
  return python_of_httpbin().empty() ? missing_part("httpbin with gunicorn") : "";
}

const httpbin& httpbin::instance() {
  static const httpbin only;
  return only;
}

httpbin::httpbin() {
  start({python_of_httpbin(), "-B", "-m", "gunicorn", "--bind", authority(), "--worker-class", "gthread",
         "--threads", "16", "--timeout", "0", "--graceful-timeout", "1", "--log-level", "error", "--chdir",
         folder().path(), "httpbin:app"});
}

std::string apache::missing() {
  auto why = missing_program("apache2");
  if (why.empty() && !files::exists(apache_modules)) why = missing_part(apache_modules);
  return why;
}

apache::apache(const apache_options& options) {
  const auto configuration = configure(options);
  start({"apache2", "-X", "-d", folder().path(), "-f", configuration});
}

std::string apache::configure(const apache_options& options) const {
  for (const auto* const name : {"www", "cgi-bin"}) files::create_directory(folder().file(name));
  // {SHA} of the password; MD5 of user:realm:password.
  folder().write("basic.users", std::string{peer_user} + ":{SHA}piGucRdTwGb7+i3S1svNik60+fw=\n");
  folder().write("digest.users", std::string{peer_user} + ":peers:b8ec67264ed58188b9669f78dc30ea4c\n");
  std::string text = "Define ROOT " + folder().path() + "\nListen " + authority();
  text += "\nServerName " + authority() + '\n';
  for (const std::string name :
       {"mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "auth_digest",
        "alias", "cgi", "dir", "env", "mime", "headers", "filter", "deflate", "brotli"})
    text += "LoadModule " + name + "_module " + std::string{apache_modules} + "mod_" + name + ".so\n";
  text += "DefaultRuntimeDir ${ROOT}\nPidFile apache.pid\nErrorLog error.log\n";
  text += "DocumentRoot ${ROOT}/www\nDirectoryIndex index.html\nTypesConfig /dev/null\n";
  text += "AddType text/plain .txt\nAddType text/html .html\n";
  if (::geteuid() == 0) {  // it does not serve as root
    text += "User nobody\nGroup nogroup\n";
    files::permissions(folder().path(), files::perms{0755});
  }
  text.append(apache_places).append(options.server).append("\n");
  return folder().write("apache.conf", text);
}

void apache::put(const std::string& name, std::string_view content) const {
  const auto path = folder().write("www/" + name, content);
  // The entity tag of a file that is younger than a second is weak.
  files::last_write_time(path, files::file_time_type::clock::now() - std::chrono::hours{1});
}

void apache::put_script(const std::string& name, std::string_view commands) const {
  const auto path = folder().write("cgi-bin/" + name, "#!/bin/sh\n" + std::string{commands});
  files::permissions(path, files::perms{0755});
}

std::string apache::log() const { return read_file(folder().file("error.log")); }

std::string zstd_server::missing() {
  return python_of_zstd().empty() ? missing_part("python3-zstandard") : "";
}

zstd_server::zstd_server() {
  const std::string program = BIGHT_SOURCE_DIR "/test/support/zstd_server.py";
  start({python_of_zstd(), "-B", program, std::to_string(port()), folder().path()});
}

void zstd_server::put(const std::string& name, std::string_view content) const {
  folder().write(name, content);
}

}  // namespace bight::test
