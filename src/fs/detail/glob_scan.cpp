#include "fs/detail/glob_scan.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/kinds.hpp"

namespace bight::fs::detail {

using bight::detail::unique_fd;

glob_scan::glob_scan(std::string pattern, std::filesystem::path root, const glob_options& options)
    : pattern_(std::move(pattern), options.include_hidden), root_(std::move(root)), options_(options) {}

std::filesystem::path glob_scan::shown(const std::string& text) const {
  const auto path = root_ / text;
  return path.empty() ? std::filesystem::path{"."} : path;
}

// What is not there is no match, and no error.
bool glob_scan::leads_nowhere(int error) const noexcept {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG ||
         (error == EACCES && options_.skip_denied);
}

void glob_scan::read(std::vector<directory_entry>& to, std::size_t count) {
  constexpr int most_names = 1024;
  if (!std::exchange(begun_, true)) {
    ended_ = true;  // unless this goes well
    begin(to);
    ended_ = levels_.empty();
  }
  const auto enough = to.size() + count;
  for (int i = 0; i != most_names && !levels_.empty() && to.size() < enough; ++i) advance(to);
  ended_ = levels_.empty();
}

void glob_scan::begin(std::vector<directory_entry>& to) {
  if (pattern_.text().empty()) return;
  const auto& prefix = pattern_.prefix();
  unique_fd root;
  if (!root_.empty() && !prefix.starts_with('/')) {
    require_no_nul(root_, "read directory");
    root = unique_fd{::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!root) fail(errno, "read directory", root_);
  }
  const int from = root ? root.get() : AT_FDCWD;
  if (pattern_.parts().empty()) return match_plain(from, to);
  auto text = prefix;
  if (!text.empty() && !text.ends_with('/')) text += '/';
  enter(from, prefix.empty() ? "." : prefix.c_str(), text, pattern_.begin(), 0, true);
  if (!levels_.empty() && pattern_.matches_prefix() && !text.empty())
    to.push_back({text, file_kind::directory, 0});
}

void glob_scan::match_plain(int root, std::vector<directory_entry>& to) {
  struct stat about {};
  const auto& text = pattern_.text();
  if (::fstatat(root, text.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0)
    to.push_back({text, kind_of_mode(about.st_mode), 0});
  else if (!leads_nowhere(errno))
    fail(errno, "look up", shown(text));
}

// False if it may not be read.
bool glob_scan::open(level& to, int parent, const char* name, int flags) {
  const int all_flags = flags | O_DIRECTORY | O_CLOEXEC;
  const bool list = pattern_.must_list(to.states);
  to.place = unique_fd{::openat(parent, name, all_flags | (list ? O_RDONLY : O_PATH))};
  bool listed = list && to.place;
  // Without the right to read there may be the right to go through.
  if (list && !to.place && errno == EACCES && options_.skip_denied)
    to.place = unique_fd{::openat(parent, name, all_flags | O_PATH)};
  struct stat about {};
  if (!to.place || ::fstat(to.place.get(), &about) != 0) {
    if (leads_nowhere(errno)) return false;
    fail(errno, "read directory", shown(to.text));
  }
  to.device = about.st_dev;
  to.inode = about.st_ino;
  to.names = names_of(to.states, listed);
  if (!listed) return true;
  to.directory.emplace(std::move(to.place));
  if (!*to.directory) fail(errno, "read directory", shown(to.text));
  return true;
}

void glob_scan::enter(int parent, const char* name, std::string text, glob_states states,
                      std::size_t loop_base, bool follow) {
  if (levels_.size() == options_.max_depth)
    fail_depth("glob '" + pattern_.text() + '\'', options_.max_depth, shown(text));
  level next;
  next.text = std::move(text);
  next.states = std::move(states);
  next.loop_base = loop_base;
  if (!open(next, parent, name, follow ? 0 : O_NOFOLLOW)) return;
  const auto first = levels_.begin() + static_cast<std::ptrdiff_t>(loop_base);
  const bool loops = std::any_of(
      first, levels_.end(), [&](const level& l) { return l.device == next.device && l.inode == next.inode; });
  if (!loops) levels_.push_back(std::move(next));
}

// A directory does not list "." and "..".
std::vector<std::string> glob_scan::names_of(const glob_states& states, bool listed) const {
  std::vector<std::string> names;
  for (const auto s : states) {
    const auto& part = pattern_.parts()[s];
    const auto& name = part.text();
    if (part.literal() && (!listed || name == "." || name == "..")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void glob_scan::advance(std::vector<directory_entry>& to) {
  auto& here = levels_.back();
  if (!here.names.empty()) {
    const auto name = std::move(here.names.back());
    here.names.pop_back();
    return look_up(name, to);
  }
  directory_stream::item item;
  if (here.directory && here.directory->next(item)) {
    pattern_.follow(here.states, item.name, step_);
    return found(item.name, item.kind, to);
  }
  const int error = here.directory ? here.directory->error() : 0;
  const auto text = std::move(here.text);
  levels_.pop_back();
  if (error != 0) fail(error, "read directory", shown(text));
}

void glob_scan::look_up(std::string_view name, std::vector<directory_entry>& to) {
  const std::string owned{name};
  struct stat about {};
  if (::fstatat(levels_.back().descriptor(), owned.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0) {
    pattern_.follow_literal(levels_.back().states, name, step_);
    found(owned, kind_of_mode(about.st_mode), to);
  } else if (!leads_nowhere(errno)) {
    fail(errno, "look up", shown(levels_.back().text + owned));
  }
}

void glob_scan::found(const std::string& name, file_kind kind, std::vector<directory_entry>& to) {
  const bool link = kind == file_kind::symlink;
  auto& inside = link ? step_.inside_link : step_.inside;
  if (!step_.matches && inside.empty()) return;
  const int here = levels_.back().descriptor();
  const auto depth = static_cast<unsigned>(levels_.size());
  const auto loop_base = levels_.back().loop_base;
  auto text = levels_.back().text + name;
  const bool only_directories = pattern_.directories_only();
  if (step_.matches && !only_directories) to.push_back({text, kind, depth});
  if (inside.empty() && !only_directories) return;

  struct stat about {};
  const bool directory = kind == file_kind::directory ||
                         (link && ::fstatat(here, name.c_str(), &about, 0) == 0 && S_ISDIR(about.st_mode));
  if (!directory) return;
  text += '/';
  if (only_directories ? step_.matches || step_.matches_as_directory
                       : step_.matches_as_directory && !step_.matches)
    to.push_back({text, kind, depth});
  if (inside.empty()) return;
  const bool elsewhere = link || name == "." || name == "..";
  enter(here, name.c_str(), std::move(text), std::move(inside), elsewhere ? levels_.size() : loop_base, link);
}

}  // namespace bight::fs::detail
