#include <bight/http/static_files.hpp>

#include <algorithm>
#include <array>
#include <bight/fs/directory.hpp>
#include <bight/http/url.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "http/coding/accept_encoding.hpp"
#include "http/files/listing.hpp"
#include "http/files/sending.hpp"
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

}  // namespace

class static_files::impl {
 public:
  impl(const std::string& root, static_files_options options) : root_(root), options_(std::move(options)) {}
  static awaitable<server_response> answer(std::shared_ptr<const impl> site, server_request& request);

 private:
  using representation = files::representation;
  awaitable<server_response> answer_directory(server_request& request, std::string path) const;
  awaitable<server_response> send(server_request& request, fs::found file, std::string path) const;
  awaitable<std::optional<representation>> find_coded(headers_view asked, const fs::metadata& plain,
                                                      const std::string& path) const;
  awaitable<server_response> list(server_request& request, std::string path) const;
  fs::find_options how() const noexcept { return {.symlinks = options_.symlinks}; }

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

server_response not_found() { return detail::plain_text(status::not_found, "not found"); }

// In the order of preference among codings of the same weight.
struct variant {
  coding::content_coding coding;
  std::string_view extension;
};
constexpr std::array variants{variant{coding::content_coding::br, ".br"},
                              variant{coding::content_coding::zstd, ".zst"},
                              variant{coding::content_coding::gzip, ".gz"}};

bool is_variant(std::string_view path) noexcept {
  return std::any_of(variants.begin(), variants.end(),
                     [&](const auto& v) { return path.ends_with(v.extension); });
}

std::size_t count_segments(std::string_view path) noexcept {
  std::size_t n = 0;
  for (std::size_t i = 0; i != path.size(); ++i) n += path[i] != '/' && (i == 0 || path[i - 1] == '/');
  return n;
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
  auto path = relative_path(request.subpath(), options.dotfiles);
  if (!path) co_return not_found();
  auto it = co_await site->root_.find(*path, site->how());
  if (it.error()) co_return answer_error(it.error(), *path);
  const auto kind = it.about().kind;
  const bool slash = path->empty() || path->ends_with('/');
  if (kind == fs::file_kind::directory) {
    if (!slash) co_return redirect_to_folder(request);
    co_return co_await site->answer_directory(request, *std::move(path));
  }
  if (kind != fs::file_kind::regular || slash) co_return not_found();
  if (options.precompressed) co_return co_await site->send(request, std::move(it), *std::move(path));
  representation plain{std::move(it), media_type_of(*path)};  // without a frame more
  co_return files::send_file(request, std::move(plain), options.max_ranges);
}

awaitable<server_response> static_files::impl::answer_directory(server_request& request,
                                                                std::string path) const {
  if (!options_.index.empty()) {
    auto index = path + options_.index;
    auto it = co_await root_.find(index, how());
    const bool usable = !it.error() && it.about().kind == fs::file_kind::regular;
    if (usable) co_return co_await send(request, std::move(it), std::move(index));
    if (!options_.listing || (it.error() && it.error().value() != ENOENT))
      co_return it.error() ? answer_error(it.error(), index) : not_found();
  }
  if (!options_.listing) co_return not_found();
  co_return co_await list(request, std::move(path));
}

awaitable<server_response> static_files::impl::send(server_request& request, fs::found file,
                                                    std::string path) const {
  const bool varies = options_.precompressed && !is_variant(path);
  if (varies) {
    auto coded = co_await find_coded(request.headers(), file.about(), path);
    if (coded) co_return files::send_file(request, *std::move(coded), options_.max_ranges);
  }
  representation plain{std::move(file), media_type_of(path), {}, varies};
  co_return files::send_file(request, std::move(plain), options_.max_ranges);
}

awaitable<std::optional<files::representation>> static_files::impl::find_coded(
    headers_view asked, const fs::metadata& plain, const std::string& path) const {
  const coding::accepted_codings accepted{asked};
  std::vector<coding::content_coding> preferred;
  for (const auto& v : variants) preferred.push_back(v.coding);
  const auto second = [](const fs::metadata& m) {
    return std::chrono::floor<std::chrono::seconds>(m.modified);
  };
  while (true) {
    const auto chosen = accepted.choose(preferred);
    if (!chosen) co_return std::nullopt;
    const auto& v =
        *std::find_if(variants.begin(), variants.end(), [&](const auto& x) { return x.coding == *chosen; });
    const auto name = path + std::string{v.extension};
    auto it = co_await root_.find(name, how());
    // Tools that compress keep the time of the file, some of them without fractions.
    if (!it.error() && it.about().kind == fs::file_kind::regular && second(it.about()) >= second(plain)) {
      representation coded{std::move(it), media_type_of(path), coding::to_string(*chosen), true};
      co_return std::move(coded);
    }
    std::erase(preferred, *chosen);
  }
}

awaitable<server_response> static_files::impl::list(server_request& request, std::string path) const {
  fs::directory_list found;
  boost::system::error_code error;
  try {
    found = co_await root_.list(path, how(), options_.max_listing);
  } catch (const boost::system::system_error& e) { error = e.code(); }
  if (error) co_return answer_error(error, path);
  if (!options_.dotfiles) std::erase_if(found.entries, [](const auto& e) { return e.name.starts_with('.'); });
  auto page = files::render_listing(std::move(found), request.path(), count_segments(path));
  server_response r{status::ok, std::move(page)};
  auto& fields = r.headers();
  fields.append(header_id::content_type, "text/html; charset=utf-8");
  fields.append(header_id::cache_control, "no-cache");
  fields.append(header_id::content_security_policy, "default-src 'none'; style-src 'unsafe-inline'");
  fields.append(header_id::x_content_type_options, "nosniff");
  co_return r;
}

static_files::static_files(const std::string& root, static_files_options options)
    : impl_(std::make_shared<const impl>(root, std::move(options))) {}

awaitable<server_response> static_files::operator()(server_request& request) const {
  return impl::answer(impl_, request);
}

}  // namespace bight::http
