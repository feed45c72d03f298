#include "crawl/check/local_files.hpp"

#include <algorithm>
#include <bight/crawl/links.hpp>
#include <bight/crawl/markdown.hpp>
#include <bight/fs/metadata.hpp>
#include <bight/fs/read_file.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <system_error>
#include <utility>

#include "crawl/fetch/link_text.hpp"
#include "crawl/fetch/page_text.hpp"

namespace bight::crawl::check {
namespace {

namespace errc = boost::system::errc;
using boost::system::system_error;

constexpr std::size_t max_page = 64U << 20U;

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return text;
}

external_result failed(const system_error& e) {
  const auto& code = e.code();
  const bool missing = code == errc::no_such_file_or_directory || code == errc::not_a_directory ||
                       code == errc::filename_too_long || code == errc::too_many_symbolic_link_levels;
  external_result r;
  r.verdict = missing ? link_verdict::broken : link_verdict::not_checked;
  r.cause = missing ? link_cause::missing_file : link_cause::unreadable_file;
  r.reason = missing ? "missing file" : code.message();
  return r;
}

// The reference of a page that will lie on a server, or does on GitHub: "/" is its root, above which there is
// nothing, "//" another host.
bool resolve(std::string_view reference, const http::url& base, const http::url& root, http::url& out) {
  if (base.scheme() != "file" || (!reference.starts_with('/') && !reference.starts_with('\\')))
    return http::url::resolve_into(reference, base, out);
  static const http::url server{"https://server.invalid/"};
  if (!http::url::resolve_into(reference, server, out)) return false;
  if (out.origin() != server.origin()) return true;
  const auto path = "." + out.href().substr(server.origin().size());
  return http::url::resolve_into(path, root, out);
}

class page_builder {
 public:
  page_builder(local_page& page, const std::filesystem::path& file, const std::filesystem::path& root)
      : page_(page),
        base_(http::url::parse(file_url(file)).value()),
        root_(http::url::parse(file_url(root, true)).value()) {}

  void set_base(std::string_view href) {
    http::url declared;
    if (resolve(href, base_, root_, declared) && (declared.is_http() || declared.scheme() == "file"))
      base_ = std::move(declared);
  }
  void add(std::string_view reference, link_kind kind, bool nofollow, std::uint32_t line, std::string text) {
    auto& l = page_.links.emplace_back();
    if (!resolve(reference, base_, root_, l.url)) l.invalid = reference;
    l.kind = kind;
    l.nofollow = nofollow;
    l.line = line;
    l.text = std::move(text);
  }

 private:
  local_page& page_;
  http::url base_;
  http::url root_;
};

void read_html(std::string_view content, link_source source, local_page& page, page_builder& builder) {
  page_text decoder;
  decoder.begin("text/html");
  std::string text{decoder.feed(content)};
  text += decoder.finish();

  struct raw_link {
    std::uint64_t offset;
    std::string url;
    link_kind kind;
    bool nofollow;
  };
  std::vector<raw_link> raw;
  link_options options;
  options.source = source;
  options.ids = true;
  const auto sink = [&](const link& l) { raw.push_back({l.offset, std::string{l.url}, l.kind, l.nofollow}); };
  auto facts = extract_links(text, sink, options);
  if (facts.base) builder.set_base(decoder.reference(*facts.base));
  link_text where{text};
  for (const auto& l : raw)
    builder.add(decoder.reference(l.url), l.kind, l.nofollow, where.line(l.offset),
                where.text(l.offset, l.kind));
  page.ids = std::move(facts.ids);
  const bool utf8 = !decoder.same_as_body() || facts.charset.empty() || facts.charset == "utf-8";
  if (!utf8) page.ids.set_ascii_only();
}

}  // namespace

file_type type_of(const std::filesystem::path& file) {
  const auto extension = lower(file.extension().string());
  for (const auto* const e : {".html", ".htm"})
    if (extension == e) return file_type::html;
  if (extension == ".xhtml") return file_type::xhtml;
  for (const auto* const e : {".md", ".markdown", ".mkd", ".mdown"})
    if (extension == e) return file_type::markdown;
  return file_type::other;
}

std::string file_url(const std::filesystem::path& path, bool directory) {
  std::string url = "file://";
  for (const auto& part : path.lexically_normal()) {
    const auto name = part.string();
    if (name.empty() || name == "/") continue;
    url += '/' + http::percent_encode(name);
  }
  if (directory || url == "file://") url += '/';
  return url;
}

std::filesystem::path path_of(const http::url& file) { return http::percent_decode(file.path()); }

std::string shown_path(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto here = std::filesystem::current_path(ignored);
  auto near = path.lexically_relative(here);
  if (near.empty() || *near.begin() == "..") return path.string();
  return near.string();
}

awaitable<external_result> check_file(std::filesystem::path path, bool ids) {
  external_result result;
  try {
    auto facts = co_await fs::stat(path);
    if (!ids) co_return result;
    if (facts.kind == fs::file_kind::directory) {
      bool found = false;
      for (const auto* const name : {"index.html", "index.htm", "README.md"}) {
        auto inside = path / name;
        found = co_await fs::exists(inside);
        if (!found) continue;
        path = std::move(inside);
        break;
      }
      if (!found) co_return result;
    }
    const auto type = type_of(path);
    if (type == file_type::other) co_return result;
    const auto content = co_await fs::read_file(path, max_page);
    auto page = read_page(content, type, path, path.parent_path());
    page.ids.pack();
    result.ids = std::make_shared<const fragment_ids>(std::move(page.ids));
  } catch (const system_error& e) { result = failed(e); }
  co_return result;
}

local_page read_page(std::string_view content, file_type type, const std::filesystem::path& file,
                     const std::filesystem::path& root) {
  local_page page;
  page_builder builder{page, file, root};
  if (type == file_type::html || type == file_type::xhtml) {
    read_html(content, type == file_type::html ? link_source::html : link_source::xhtml, page, builder);
  } else if (type == file_type::markdown) {
    auto document = read_markdown(content);
    std::string buffer;
    for (auto& l : document.links)
      builder.add(keep_bytes(l.url, buffer), l.kind, false, l.line, std::move(l.text));
    page.ids = std::move(document.ids);
  }
  return page;
}

}  // namespace bight::crawl::check
