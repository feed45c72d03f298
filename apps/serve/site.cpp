#include "site.hpp"

#include <bight/fs.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "demo_site.hpp"
#include "upload.hpp"

namespace serve {
namespace {

namespace http = bight::http;
using bight::awaitable;

http::static_files_options options_of(const settings& s) {
  http::static_files_options options;
  options.listing = s.listing;
  options.precompressed = s.precompressed;
  return options;
}

// A page of the application, and none of its files: links to those have an extension.
bool is_page(const http::server_request& request) {
  const auto path = request.path();
  const auto accept = request.headers().get(http::header_id::accept).value_or("");
  return (request.method() == http::method::get || request.method() == http::method::head) &&
         path.find('.', path.rfind('/')) == path.npos && accept.find("text/html") != accept.npos;
}

awaitable<http::server_response> serve_page(http::static_files files, http::server_request& request) {
  auto response = co_await files(request);
  if (response.status() != http::status::not_found || !is_page(request)) co_return response;
  http::server_request start{request.method(), "/", http::headers{request.headers()}};
  co_return co_await files(start);
}

http::handler with_uploads(upload_options options, http::handler rest) {
  return [options = std::move(options),
          rest = std::move(rest)](http::server_request& request) mutable -> awaitable<http::server_response> {
    if (request.path() != "/upload") co_return co_await rest(request);
    if (request.method() == http::method::post) co_return co_await save_upload(request, options);
    if (request.method() == http::method::get || request.method() == http::method::head)
      co_return upload_page();
    http::server_response r{405, "method not allowed\n"};
    r.headers().set(http::header_id::allow, "GET, HEAD, POST");
    co_return r;
  };
}

}  // namespace

site::site(const settings& s) : settings_(s) {
  if (!s.demo) files_.emplace(s.folder, options_of(s));
  if (!s.upload_folder.empty()) static_cast<void>(bight::fs::directory{s.upload_folder});  // throws its name
  if (!s.log.empty()) log_.emplace(s.log);
}

http::handler site::content() const {
  if (settings_.demo) return demo_site;
  if (!settings_.single_page) return *files_;
  return [files = *files_](http::server_request& request) { return serve_page(files, request); };
}

http::handler site::make_handler() {
  std::vector<http::middleware> around;
  if (log_) {
    http::access_log_options options;
    options.format = settings_.log_format;
    options.sink = [this](std::string_view line) { log_->write(line); };
    around.push_back(http::access_log(std::move(options)));
  }
  if (!settings_.origins.empty()) around.push_back(http::cors(cors_options_of(settings_)));
  auto inner = content();
  if (!settings_.upload_folder.empty())
    inner = with_uploads({settings_.upload_folder, settings_.max_upload}, std::move(inner));
  return http::compose(std::move(around), std::move(inner));
}

}  // namespace serve
