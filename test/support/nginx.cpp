#include "support/nginx.hpp"

#include <filesystem>

namespace bight::test {

nginx::nginx(const nginx_options& options) {
  start({"nginx", "-p", folder().path(), "-c", configure(options), "-e", "stderr"});
}

std::string nginx::configure(const nginx_options& options) const {
  std::filesystem::create_directory(folder().file("www"));
  std::string text =
      "daemon off; master_process off; error_log stderr warn; pid nginx.pid;\n"
      "events { worker_connections 64; }\n"
      "http {\n  include /etc/nginx/mime.types; access_log off;\n";
  for (const auto* const name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    text += "  " + std::string{name} + "_temp_path " + name + ";\n";
  text += "  server {\n    listen " + authority() + ' ' + options.listen + ";\n";
  text += "    root \"" + (options.root.empty() ? folder().file("www") : options.root) + "\";\n";
  text += options.server + "\n  }\n}\n";
  return folder().write("nginx.conf", text);
}

void nginx::put(const std::string& name, std::string_view content) const {
  folder().write("www/" + name, content);
}

}  // namespace bight::test
