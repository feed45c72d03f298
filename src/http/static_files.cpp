#include <bight/http/static_files.hpp>

#include <algorithm>
#include <array>
#include <bight/fs/directory.hpp>
#include <bight/http/date.hpp>
#include <bight/http/url.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "http/conditions.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http {
namespace {

// A percent-decoded path relative to the root, or nothing if no file may be called so.
std::optional<std::string> relative_path(std::string_view path, bool dotfiles) {
  auto decoded = percent_decode(path);
  // An encoded slash is a character of a name, which no file name can have.
  const auto slashes = [](std::string_view s) { return std::count(s.begin(), s.end(), '/'); };
  if (decoded.find('\0') != decoded.npos || decoded.empty() || decoded.front() != '/' ||
      slashes(decoded) != slashes(path))
    return std::nullopt;
  for (std::size_t from = 0; from < decoded.size();) {
    const auto end = std::min(decoded.find('/', from), decoded.size());
    const auto name = std::string_view{decoded}.substr(from, end - from);
    if (name == ".." || name == "." || (!dotfiles && name.starts_with('.'))) return std::nullopt;
    from = end + 1;
  }
  decoded.erase(0, decoded.find_first_not_of('/'));
  return decoded;
}

std::string etag_of(const fs::metadata& m) {
  std::array<char, 64> buffer;
  auto* p = buffer.data();
  const auto end = buffer.data() + buffer.size();
  *p++ = '"';
  const std::chrono::nanoseconds modified = m.modified.time_since_epoch();
  for (const auto part : {m.inode, m.size, static_cast<std::uint64_t>(modified.count())}) {
    if (p != buffer.data() + 1) *p++ = '-';
    p = std::to_chars(p, end, part, 16).ptr;
  }
  *p++ = '"';
  return {buffer.data(), p};
}

}  // namespace

class static_files::impl {
 public:
  impl(const std::string& root, static_files_options options) : root_(root), options_(std::move(options)) {}
  static awaitable<server_response> answer(std::shared_ptr<const impl> site, server_request& request);

 private:
  server_response send(server_request& request, fs::found& file, std::string_view name) const;

  fs::directory root_;
  static_files_options options_;
};

namespace {

// What says nothing about the file is thrown, for the server to log: no client can do anything about it.
server_response answer_error(const boost::system::error_code& error, const std::string& path) {
  switch (error.value()) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
    case ENAMETOOLONG:
    case EINVAL:
    case EILSEQ:
      return detail::plain_text(status::not_found, "not found");
    case EACCES:
    case EPERM:
      return detail::plain_text(status::forbidden, "forbidden");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return detail::plain_text(status::service_unavailable, "too many open files");
    case EAGAIN:
      return detail::plain_text(status::service_unavailable, "the file is being replaced");
    default:
      throw boost::system::system_error(error, "open '" + path + '\'');
  }
}

server_response redirect_to_folder(const server_request& request) {
  auto r = detail::plain_text(status::moved_permanently, "moved");
  std::string to{request.path()};
  to += '/';
  if (!request.query().empty()) to.append("?").append(request.query());
  // Two slashes in front would name another host.
  to.erase(0, to.find_first_not_of('/') - 1);
  r.headers().set(header_id::location, to);
  return r;
}

}  // namespace

awaitable<server_response> static_files::impl::answer(std::shared_ptr<const impl> site,
                                                      server_request& request) {
  const auto& options = site->options_;
  if (request.method() != method::get && request.method() != method::head) {
    auto r = detail::plain_text(status::method_not_allowed, "method not allowed");
    r.headers().set(header_id::allow, "GET, HEAD");
    co_return r;
  }
  const fs::find_options how{.symlinks = options.symlinks};
  auto path = relative_path(request.subpath(), options.dotfiles);
  if (!path) co_return detail::plain_text(status::not_found, "not found");
  auto it = co_await site->root_.find(*path, how);
  if (it.error()) co_return answer_error(it.error(), *path);
  if (it.about().kind == fs::file_kind::directory) {
    if (!path->empty() && !path->ends_with('/')) co_return redirect_to_folder(request);
    if (options.index.empty()) co_return detail::plain_text(status::not_found, "not found");
    *path += options.index;
    it = co_await site->root_.find(*path, how);
    if (it.error()) co_return answer_error(it.error(), *path);
  } else if (path->ends_with('/')) {
    co_return detail::plain_text(status::not_found, "not found");
  }
  if (it.about().kind != fs::file_kind::regular) co_return detail::plain_text(status::not_found, "not found");
  co_return site->send(request, it, *path);
}

server_response static_files::impl::send(server_request& request, fs::found& file,
                                         std::string_view name) const {
  const auto& about = file.about();
  const auto modified = std::chrono::floor<std::chrono::seconds>(about.modified);
  const auto etag = etag_of(about);
  const auto outcome = evaluate_conditions(request.headers(), {.etag = etag, .modified = modified});
  if (outcome == status::precondition_failed) return detail::plain_text(outcome, "precondition failed");
  const bool same = outcome == status::not_modified;
  auto r = same ? server_response{outcome} : server_response{200, body::file(file.release(), 0, about.size)};
  r.headers().append(header_id::etag, etag);
  r.headers().append(header_id::last_modified, format_date(modified));
  if (same) return r;
  r.headers().append(header_id::content_type, media_type_of(name));
  r.headers().append(header_id::x_content_type_options, "nosniff");
  return r;
}

static_files::static_files(const std::string& root, static_files_options options)
    : impl_(std::make_shared<const impl>(root, std::move(options))) {}

awaitable<server_response> static_files::operator()(server_request& request) const {
  return impl::answer(impl_, request);
}

std::string_view media_type_of(std::string_view file_name) noexcept {
  struct known {
    std::string_view extension;
    std::string_view type;
  };
  static constexpr std::array types{known{"html", "text/html; charset=utf-8"},
                                    known{"htm", "text/html; charset=utf-8"},
                                    known{"css", "text/css; charset=utf-8"},
                                    known{"js", "text/javascript; charset=utf-8"},
                                    known{"mjs", "text/javascript; charset=utf-8"},
                                    known{"json", "application/json"},
                                    known{"xml", "application/xml"},
                                    known{"xhtml", "application/xhtml+xml"},
                                    known{"txt", "text/plain; charset=utf-8"},
                                    known{"md", "text/markdown; charset=utf-8"},
                                    known{"csv", "text/csv; charset=utf-8"},
                                    known{"svg", "image/svg+xml"},
                                    known{"png", "image/png"},
                                    known{"jpg", "image/jpeg"},
                                    known{"jpeg", "image/jpeg"},
                                    known{"gif", "image/gif"},
                                    known{"webp", "image/webp"},
                                    known{"ico", "image/x-icon"},
                                    known{"woff", "font/woff"},
                                    known{"woff2", "font/woff2"},
                                    known{"pdf", "application/pdf"},
                                    known{"gz", "application/gzip"},
                                    known{"zip", "application/zip"},
                                    known{"wasm", "application/wasm"},
                                    known{"mp4", "video/mp4"},
                                    known{"webm", "video/webm"},
                                    known{"mp3", "audio/mpeg"}};
  const auto dot = file_name.rfind('.');
  if (dot != file_name.npos) {
    const auto extension = file_name.substr(dot + 1);
    for (const auto& k : types)
      if (equal_ignoring_case(k.extension, extension)) return k.type;
  }
  return "application/octet-stream";
}

}  // namespace bight::http
