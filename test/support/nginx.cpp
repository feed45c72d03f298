#include "support/nginx.hpp"

#include <filesystem>

#include "support/child_process.hpp"
#include "support/sockets.hpp"

namespace bight::test {

bool nginx::available() { return !find_program("nginx").empty(); }

nginx::nginx(const nginx_options& options)
    : port_(closed_port()),
      process_({find_program("nginx"), "-p", folder_.path(), "-c", configure(options), "-e", "stderr"}) {
  process_.wait_for_error("nginx/");  // said when it listens
}

std::string nginx::configure(const nginx_options& options) const {
  std::filesystem::create_directory(folder_.file("www"));
  std::string text =
      "daemon off; master_process off; error_log stderr notice; pid nginx.pid;\n"
      "events { worker_connections 64; }\n"
      "http {\n  include /etc/nginx/mime.types; access_log off;\n";
  for (const auto* const name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    text += "  " + std::string{name} + "_temp_path " + name + ";\n";
  text += "  server {\n    listen " + authority() + ' ' + options.listen + ";\n";
  text += "    root \"" + (options.root.empty() ? folder_.file("www") : options.root) + "\";\n";
  text += options.server + "\n  }\n}\n";
  return folder_.write("nginx.conf", text);
}

void nginx::put(const std::string& name, std::string_view content) const {
  folder_.write("www/" + name, content);
}

std::string nginx::url(std::string_view path, std::string_view scheme) const {
  return std::string{scheme}.append("://").append(authority()).append(path);
}

}  // namespace bight::test
