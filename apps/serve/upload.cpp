#include "upload.hpp"

#include <bight/fs.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <utility>

namespace serve {
namespace {

namespace http = bight::http;

constexpr std::string_view page = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Upload</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) { body { background: #17181a; color: #e6e7e9; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.25rem; }
form { display: flex; flex-wrap: wrap; gap: 1rem; padding: 1.5rem; border: 1px dashed #8888; border-radius: .5rem; }
input { flex: 1 1 14rem; min-width: 0; font: inherit; }
button { font: inherit; padding: .35rem 1.25rem; }
</style>
</head>
<body>
<h1>Upload files</h1>
<form method="post" enctype="multipart/form-data">
<input type="file" name="file" multiple required aria-label="Files">
<button>Upload</button>
</form>
</body>
</html>
)html";

http::server_response text(http::status code, std::string body) {
  http::server_response r{code, std::move(body)};
  r.headers().set(http::header_id::content_type, "text/plain; charset=utf-8");
  return r;
}

// A form of another site needs no permission to be sent, but says where it comes from.
bool is_of_this_site(const http::server_request& request) {
  const auto origin = request.headers().get(http::header_id::origin);
  if (!origin) return true;  // no browser, or one that asks for its own site
  const auto host = origin->find("://");
  return host != origin->npos && http::equal_ignoring_case(origin->substr(host + 3), request.authority());
}

// Returns: false if there is a file of that name.
bight::awaitable<bool> save(http::uploaded_file& file, std::filesystem::path to) {
  const bight::fs::publish_options keep{.replace = false};
  try {
    co_await file.save_to(std::move(to), keep);
  } catch (const boost::system::system_error& e) {
    if (e.code().value() != EEXIST) throw;
    co_return false;
  }
  co_return true;
}

}  // namespace

bight::awaitable<http::server_response> save_upload(http::server_request& request,
                                                    const upload_options& options) {
  if (!is_of_this_site(request)) co_return text(403, "uploads from pages of other sites are refused\n");
  request.max_body(options.max_size);
  http::multipart_form_options limits;
  limits.directory = options.folder;
  auto form = co_await request.multipart(limits);
  if (form.files().empty()) co_return text(400, "the form has no files\n");
  std::string done;
  for (auto& file : form.files()) {
    const auto name = file.safe_filename();
    if (name.empty()) co_return text(400, done + "a file has a name that cannot be used\n");
    const auto to = std::filesystem::path{options.folder} / name;
    const bool saved = co_await save(file, to);
    if (!saved) co_return text(409, done + name + " exists already\n");
    done += "saved " + name + ", " + std::to_string(file.size()) + " bytes\n";
  }
  co_return text(201, done);
}

http::server_response upload_page() {
  http::server_response r{200, page};
  r.headers().set(http::header_id::content_type, "text/html; charset=utf-8");
  r.headers().set(
      http::header_id::content_security_policy,
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'");
  return r;
}

}  // namespace serve
