#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <stdexcept>

#include "../usage.hpp"

namespace serve {
namespace {

namespace http = bight::http;
namespace net = bight::net;

struct texts {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::uint32_t grace = 30;
  std::uint32_t max_upload = 1024;
};

void declare_content(CLI::App& app, settings& s, texts& t) {
  auto* const folder =
      app.add_option("DIR", s.folder, "Directory to serve; index.html is the default page")->option_text(" ");
  app.add_flag("--demo", s.demo, "Serve a generated site of 1,000 linked pages")
      ->option_text(" ")
      ->excludes(folder);
  app.add_flag("--listing", s.listing, "List directories that have no index.html")
      ->option_text(" ")
      ->needs(folder);
  app.add_flag("--precompressed", s.precompressed,
               "Send NAME.br, NAME.zst or NAME.gz for NAME to clients that accept it")
      ->option_text(" ")
      ->needs(folder);
  app.add_flag("--spa", s.single_page,
               "Send /index.html for pages that do not exist (single-page applications)")
      ->option_text(" ")
      ->needs(folder);
  app.add_option("--cors", s.origins, "Let pages of this origin read responses; * for all; may be repeated")
      ->option_text("ORIGIN")
      ->take_all()
      ->expected(1);
  auto* const upload =
      app.add_option("--upload", s.upload_folder,
                     "Save files of forms that are sent to /upload in this directory; never replaces a file")
          ->option_text("DIR");
  app.add_option("--max-upload", t.max_upload, "Size of an upload (default: 1024)")
      ->option_text("MIB")
      ->needs(upload);
}

void declare_serving(CLI::App& app, settings& s, texts& t) {
  app.add_option("--port", t.port, "TCP port (default: 8080); 0 picks a free port")->option_text("PORT");
  app.add_option("--host", t.host, "IP address to listen on (default: 127.0.0.1)")->option_text("ADDRESS");
  app.add_option("--threads", s.threads, "Threads that serve (default: 1); 0: one per processor")
      ->option_text("N")
      ->check(CLI::Range(0, 1024));
  app.add_option("--grace", t.grace, "Time allowed for open responses after SIGINT or SIGTERM (default: 30)")
      ->option_text("SECONDS");
  auto* const certificate =
      app.add_option("--cert", s.certificate, "PEM file with the certificate chain: serve over HTTPS")
          ->option_text("FILE");
  app.add_option("--key", s.key, "PEM file with the private key (default: the file of --cert)")
      ->option_text("FILE")
      ->needs(certificate);
  app.add_flag("--self-signed", s.self_signed,
               "Serve over HTTPS with a new certificate, which no client trusts; its key is never stored")
      ->option_text(" ")
      ->excludes(certificate);
  auto* const log =
      app.add_option("--access-log", s.log, "Log requests to a file, or to stdout (-, the default)")
          ->option_text("[FILE]")
          ->expected(0, 1)
          ->default_str("-");
  const std::map<std::string, http::access_log_format> formats{
      {"common", http::access_log_format::common},
      {"combined", http::access_log_format::combined},
      {"json", http::access_log_format::json}};
  app.add_option("--log-format", s.log_format, "common, combined (the default) or json")
      ->option_text("FORMAT")
      ->needs(log)
      ->transform(CLI::CheckedTransformer(formats).description(""));
}

constexpr const char* description =
    "Serves a directory over HTTP or HTTPS.\n"
    "Prints the URL and runs until interrupted. For example:\n"
    "  bight-serve --listing .\n"
    "  bight-serve --spa --precompressed --access-log -- dist\n"
    "  bight-serve --upload incoming --host 0.0.0.0 shared";

constexpr const char* footer =
    "The first SIGINT or SIGTERM stops accepting connections and lets open responses finish; the second\n"
    "quits immediately. SIGHUP reads the certificate and its key again and reopens the log file.\n"
    "Upload with a browser at /upload, or with: curl -F file=@NAME URL/upload\n"
    "Sockets of systemd (socket activation) replace --host and --port.\n\n"
    "Exit status: 0 stopped by a signal, 1 if the directory, address or certificate cannot be used, 2 usage\n"
    "error, 130 or 143 after a second SIGINT or SIGTERM.";

void convert(settings& s, const texts& t) {
  if (!s.demo && s.folder.empty()) throw std::invalid_argument{"give a directory or --demo"};
  const auto address = net::ip_address::parse(t.host);
  if (!address) throw std::invalid_argument{"--host: '" + t.host + "' is not an IP address"};
  s.where = net::endpoint{*address, t.port};
  s.grace = std::chrono::seconds{t.grace};
  s.max_upload = std::uint64_t{t.max_upload} << 20U;
  try {
    static_cast<void>(http::cors(cors_options_of(s)));
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument{"--cors: " + std::string{e.what()}};
  }
}

}  // namespace

http::cors_options cors_options_of(const settings& s) {
  http::cors_options options;
  for (const auto& origin : s.origins) {
    if (origin == "*")
      options.any_origin = true;
    else
      options.origins.push_back(origin);
  }
  return options;
}

std::optional<int> read_command_line(int argc, char** argv, settings& s) {
  texts t;
  CLI::App app{description, "bight-serve"};
  app.set_version_flag("--version", "bight-serve 0.1.0");
  declare_content(app, s, t);
  declare_serving(app, s, t);
  app.footer(footer);
  return read_arguments(app, argc, argv, [&] { convert(s, t); });
}

}  // namespace serve
