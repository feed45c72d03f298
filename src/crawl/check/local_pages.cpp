#include <bight/crawl/local_pages.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/fs/metadata.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/fs/walk.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "crawl/check/local_files.hpp"

namespace bight::crawl {
namespace {

namespace fsys = std::filesystem;

bool is_left_out(const fsys::path& path) {
  const auto name = path.filename().string();
  return name.starts_with('.') || name == "node_modules";
}

// Neither a directory, a FIFO or the like that is named as a page, nor a symbolic link to nothing.
awaitable<bool> is_file(fs::directory_entry entry) {
  if (entry.kind != fs::file_kind::symlink) co_return entry.kind == fs::file_kind::regular;
  try {
    const auto facts = co_await fs::stat(entry.path);
    co_return facts.kind == fs::file_kind::regular;
  } catch (const boost::system::system_error&) { co_return false; }
}

// In a directory, in the order of their names, whatever the file system's.
awaitable<std::vector<fsys::path>> pages_in(fsys::path directory) {
  std::vector<fsys::path> found;
  fs::walk_options options;
  options.skip_denied = true;
  fs::walk all{directory, options};
  while (true) {
    auto entry = co_await all.next();
    if (!entry) break;
    const bool inside = entry->kind == fs::file_kind::directory;
    if (is_left_out(entry->path)) {
      if (inside) all.skip();
    } else if (check::type_of(entry->path) != check::file_type::other) {
      const bool file = co_await is_file(*entry);
      if (file) found.push_back(entry->path);
    }
  }
  std::ranges::sort(found);
  co_return found;
}

fsys::path root_of(const fsys::path& file) {
  std::error_code ignored;
  auto here = fsys::current_path(ignored);
  const auto near = file.lexically_relative(here);
  return near.empty() || *near.begin() == ".." ? file.parent_path() : here;
}

class adder {
 public:
  adder(link_checker& checker, const local_options& options) : checker_(checker), options_(options) {}

  awaitable<void> add_input(fsys::path input) {
    input = fsys::absolute(input).lexically_normal();
    if (!input.has_filename() && input.has_parent_path()) input = input.parent_path();  // "docs/"
    const auto facts = co_await fs::stat(input);
    if (facts.kind != fs::file_kind::directory) {
      if (check::type_of(input) == check::file_type::other)
        throw std::invalid_argument(check::shown_path(input) + ": not a web page or Markdown file");
      auto root = options_.root.empty() ? root_of(input) : options_.root;
      count_file();
      co_await add_file(input, std::move(root));
      co_return;
    }
    const auto files = co_await pages_in(input);
    if (files.empty())
      throw std::invalid_argument(check::shown_path(input) +
                                  ": no web page or Markdown file in this directory");
    for (const auto& file : files) {
      auto root = options_.root.empty() ? input : options_.root;
      count_file();
      try {
        co_await add_file(file, std::move(root));
      } catch (const boost::system::system_error& e) {  // the others are checked all the same
        checker_.add_unreadable_file(file, e.code().message());
      }
    }
  }

 private:
  void count_file() {
    if (++files_ > options_.max_files)
      throw boost::system::system_error(make_error_code(errc::limit_exceeded),
                                        "more than " + std::to_string(options_.max_files) + " files");
  }
  awaitable<void> add_file(fsys::path file, fsys::path root) {
    const auto content = co_await fs::read_file(file, options_.max_file_size);
    auto page = [&] {
      try {
        return check::read_page(content, check::type_of(file), file, fsys::absolute(root).lexically_normal());
      } catch (const boost::system::system_error& e) {
        throw boost::system::system_error(e.code(), check::shown_path(file));
      }
    }();
    checker_.add_file(file, check::shown_path(file), page.links, std::move(page.ids));
  }

  link_checker& checker_;
  const local_options& options_;
  std::size_t files_ = 0;
};

}  // namespace

std::optional<fsys::path> as_local_path(std::string_view argument) {
  if (argument.empty()) return std::nullopt;
  const fsys::path path{argument};
  std::error_code ignored;
  if (argument.starts_with('.') || argument.starts_with('/') || fsys::exists(path, ignored)) return path;
  return std::nullopt;
}

awaitable<void> add_local_pages(link_checker& checker, std::vector<fsys::path> inputs,
                                local_options options) {
  adder all{checker, options};
  for (auto& input : inputs) co_await all.add_input(std::move(input));
}

}  // namespace bight::crawl
