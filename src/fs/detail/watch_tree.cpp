#include "fs/detail/watch_tree.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <exception>
#include <fstream>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/replacement.hpp"
#include "fs/detail/tree_scan.hpp"

namespace bight::fs::detail {

using bight::detail::unique_fd;
using boost::system::system_error;
using std::filesystem::path;

namespace {

// The same for all: a second watch of a directory replaces the mask of the first.
constexpr std::uint32_t interesting = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY |
                                      IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

[[noreturn]] void fail_limit(const path& p, const char* name, std::size_t value) {
  throw system_error(make_error_code(errc::limit_exceeded),
                     "bight: watch '" + p.string() + "': " + name + " is " + std::to_string(value));
}

std::string join(std::string in, std::string_view name) {
  if (!in.ends_with('/')) in += '/';
  return in += name;
}

}  // namespace

void fail_setting(int error, const char* setting, const char* or_else, const path& p) {
  std::string file = std::string{"/proc/sys/fs/"} + setting;
  std::replace(file.begin(), file.end(), '.', '/');
  std::string value = "unknown";
  std::ifstream{file} >> value;
  throw system_error(boost::system::error_code{error, boost::system::system_category()},
                     "watch '" + p.string() + "': fs." + setting + " is " + value + or_else);
}

watch_tree::watch_tree(path root, const watch_options& options)
    : root_(std::move(root)), options_(options), changes_(options.max_pending) {}
watch_tree::~watch_tree() = default;

void watch_tree::reset() noexcept {
  nodes_.clear();
  top_ = nullptr;
  to_look_at_.clear();
  detached_.clear();
  queue_ = {};
}

void watch_tree::start() {
  require_no_nul(root_, "watch");
  struct stat about {};
  if (::stat(root_.c_str(), &about) != 0) fail(errno, "watch", root_);
  auto directory = root_;
  file_.clear();
  if (!S_ISDIR(about.st_mode)) {
    const auto target = link_target(root_);
    file_ = target.filename().native();
    directory = target.has_parent_path() ? target.parent_path() : path{"."};
    file_there_ = true;
  }
  std::error_code error;
  base_ = std::filesystem::absolute(directory, error);
  if (error) fail(error.value(), "watch", root_);
  try {
    open_queue();
    scan_all();
  } catch (...) {
    reset();
    throw;
  }
}

void watch_tree::open_queue() {
  queue_ = unique_fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  if (!queue_ && errno == EMFILE)
    fail_setting(EMFILE, "inotify.max_user_instances", ", or the process has too many files open", root_);
  if (!queue_) fail(errno, "watch", root_);
  descriptor_ = queue_.get();
}

void watch_tree::scan_all() {
  const auto levels = options_.max_depth;
  tree_scan scan{base_,
                 {.max_depth = levels, .max_open_directories = levels, .skip_denied = options_.skip_denied}};
  std::vector<directory_entry> nothing;
  scan.read(nothing, 0);
  auto* const top = add(scan.descriptor(), base_, nullptr, {});
  if (top_ && top != top_) return end();  // exchanged for another
  struct stat about {};
  if (::fstat(scan.descriptor(), &about) != 0) fail(errno, "watch", base_);
  device_ = about.st_dev;
  inode_ = about.st_ino;
  top_ = top;
  if (options_.recursive && file_.empty()) read_tree(scan, *top, 0, false);
}

void watch_tree::look_at(node& parent, const std::string& name) {
  const path where = join(path_below(parent, base_.native()), name);
  struct stat about {};
  if (::lstat(where.c_str(), &about) != 0) {
    if (!root_is_there()) end();
    return;
  }
  file_there_ = true;
  changes_.note(file_.empty() ? join(shown(parent), name) : root_.native(), event::appeared, before::absent);
  if (!S_ISDIR(about.st_mode) || !file_.empty() || !options_.recursive) return;
  const unsigned depth = depth_of(parent) + 1;
  if (depth >= options_.max_depth) fail_limit(where, "max_depth", options_.max_depth);
  const auto levels = options_.max_depth - depth;
  tree_scan scan{where,
                 {.max_depth = levels, .max_open_directories = levels, .skip_denied = options_.skip_denied},
                 false};
  std::vector<directory_entry> nothing;
  scan.read(nothing, 0);
  if (scan.ended()) return;
  auto* const n = add(scan.descriptor(), where, &parent, name);
  if (!n) return;
  n->batch = batch_;
  read_tree(scan, *n, depth, true);
}

// Goes on after errors, so that as little as possible is missing; throws the first in the end.
void watch_tree::read_tree(tree_scan& scan, node& top, unsigned depth, bool tell) {
  const auto first_part = path_below(top, base_.native());
  const auto shown_top = shown(top);
  std::vector<node*> levels{&top};  // null: not watched
  std::exception_ptr error;
  std::vector<directory_entry> found;
  while (!scan.ended()) {
    found.clear();
    try {
      scan.read(found, 1);
    } catch (const system_error&) {
      if (!error) error = std::current_exception();
    }
    if (found.empty()) continue;
    const auto& e = found.front();
    const auto name = e.path.filename().native();
    const auto below = e.path.native().substr(join(first_part, {}).size());
    if (tell) changes_.note(join(shown_top, below), event::appeared, before::absent);
    if (e.kind != file_kind::directory) continue;
    try {
      if (e.depth + depth == options_.max_depth) fail_limit(e.path, "max_depth", options_.max_depth);
      if (scan.depth() <= e.depth) continue;  // not entered
      levels.resize(e.depth);
      auto* const in = levels.back();
      levels.push_back(nullptr);
      if (in) levels.back() = add(scan.descriptor(), e.path, in, name);
      if (levels.back() && tell) levels.back()->batch = batch_;
    } catch (const system_error&) {
      if (!error) error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

void watch_tree::update() {
  if (std::exchange(out_of_step_, false)) resynchronise();
  while (!ended_ && !to_look_at_.empty()) {
    const auto [number, name] = std::move(to_look_at_.back());
    to_look_at_.pop_back();
    auto* const parent = find(number);
    if (parent && attached(*parent)) look_at(*parent, name);
  }
  drop_detached();
}

void watch_tree::drop_detached() {
  while (!detached_.empty()) {
    auto* const n = find(detached_.back());
    detached_.pop_back();
    if (n && !n->parent && n != top_) forget_all(*n);  // it has not turned up elsewhere
  }
}

// Events were lost: everything is looked at again, and what is not seen is gone.
void watch_tree::resynchronise() {
  to_look_at_.clear();
  ++sweep_;
  if (!root_is_there()) return end();
  struct stat about {};
  if (!file_.empty()) file_there_ = ::lstat((base_ / file_).c_str(), &about) == 0;
  std::exception_ptr error;  // of some directory: the others count anyway
  try {
    scan_all();
  } catch (const system_error&) { error = std::current_exception(); }
  out_of_step_ = top_->sweep != sweep_ && !ended_;
  std::vector<int> gone;
  for (const auto& [number, n] : nodes_)
    if (n->sweep != sweep_ && !out_of_step_) gone.push_back(number);
  for (const int number : gone) {
    remove_watch(number);
    forget(*find(number));
  }
  if (error) std::rethrow_exception(error);
}

bool watch_tree::root_is_there() const noexcept {
  struct stat about {};
  return ::stat(base_.c_str(), &about) == 0 && about.st_dev == device_ && about.st_ino == inode_;
}

void watch_tree::end() {
  ended_ = true;
  if (file_.empty()) changes_.vanish_below(root_.native());
  if (file_.empty() || file_there_) changes_.note(root_.native(), event::vanished, before::present);
}

void watch_tree::end_batch(bool unclear) noexcept {
  changes_.clear();
  ++batch_;
  unclear_ = unclear;
}

// Whoever was told to look again, or was told what a scan saw before the events of it were read, may know of
// things that events still in the queue say came and went.
void watch_tree::begin_batch() noexcept {
  if (!std::exchange(unclear_, false)) return;
  int waiting = 0;
  if (::ioctl(descriptor_, FIONREAD, &waiting) != 0) waiting = 0;
  unclear_until_ = position_ + static_cast<unsigned>(waiting);
}

bool watch_tree::read_events() {
  constexpr std::size_t size = 16U << 10U;
  alignas(inotify_event) std::array<std::byte, size> buffer;
  if (ended_) return false;
  ssize_t n = 0;
  do n = ::read(descriptor_, buffer.data(), buffer.size());
  while (n < 0 && errno == EINTR);
  for (ssize_t at = 0; at < n && !ended_;) {
    const auto& e = *reinterpret_cast<const inotify_event*>(buffer.data() + at);
    apply(e);
    const auto length = sizeof(inotify_event) + e.len;
    position_ += length;
    at += static_cast<ssize_t>(length);
  }
  return n > 0;
}

void watch_tree::apply(const inotify_event& e) {
  if ((e.mask & IN_Q_OVERFLOW) != 0) {
    out_of_step_ = true;
    changes_.overflow();
    return;
  }
  auto* const in = find(e.wd);
  if (!in) return;
  constexpr std::uint32_t gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;
  if (in == top_ && (e.mask & gone) != 0) return end();
  if ((e.mask & IN_IGNORED) != 0) return forget(*in);
  if (e.len == 0) {
    if (in == top_ && file_.empty() && (e.mask & IN_ATTRIB) != 0)
      changes_.note(root_.native(), event::changed, before::present);
    return;
  }
  // Of two that are exchanged the second comes before it goes: the last that is said of it is wrong.
  const entry here{e.wd, e.name};
  const bool doubtful = (e.mask & IN_MOVED_FROM) != 0 && last_that_came_ == here;
  if (doubtful) to_look_at_.push_back(here);
  last_that_came_ = (e.mask & IN_MOVED_TO) != 0 ? here : entry{};
  if (!file_.empty()) {
    if (file_ == e.name) apply_to_file(e);
  } else {
    if (attached(*in)) apply_to_entry(*in, e, doubtful);  // otherwise all of it will be looked at
    const auto there = in->inside.find(e.name);
    const bool gone_from_here = (e.mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
    if (gone_from_here && there != in->inside.end()) detach(*there->second);
  }
}

void watch_tree::apply_to_file(const inotify_event& e) {
  const auto known = file_there_ ? before::present : before::absent;
  const bool comes = (e.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
  const bool goes = (e.mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
  if (comes || goes) file_there_ = comes;
  changes_.note(root_.native(), comes ? event::appeared : goes ? event::vanished : event::changed, known);
}

void watch_tree::apply_to_entry(node& in, const inotify_event& e, bool doubtful) {
  const auto path = join(shown(in), e.name);
  const bool new_directory = in.batch == batch_;
  const bool unclear = position_ < unclear_until_;
  const bool directory = (e.mask & IN_ISDIR) != 0 && options_.recursive;
  const auto appeared = directory && unclear ? event::appeared_unclear : event::appeared;
  if ((e.mask & IN_CREATE) != 0) {
    changes_.note(path, appeared, unclear ? before::unknown : before::absent);
    if (directory && !in.inside.contains(e.name)) to_look_at_.emplace_back(in.number, e.name);
  } else if ((e.mask & IN_MOVED_TO) != 0) {
    changes_.note(path, appeared, new_directory && !unclear ? before::absent : before::unknown);
    const auto there = in.inside.find(e.name);
    if (directory && there != in.inside.end()) detach(*there->second);
    if (directory) changes_.vanish_below(path);  // it was found early: what was said of it since may be old
    if (directory) to_look_at_.emplace_back(in.number, e.name);
  } else if ((e.mask & (IN_MODIFY | IN_ATTRIB)) != 0) {
    changes_.note(path, event::changed, new_directory && !unclear ? before::absent : before::present);
  } else if ((e.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
    const bool with_contents = (e.mask & IN_ISDIR) != 0 && (e.mask & IN_MOVED_FROM) != 0;
    changes_.note(path, with_contents ? event::moved_away : event::vanished,
                  unclear || doubtful ? before::unknown
                  : new_directory     ? before::absent
                                      : before::present);
    changes_.vanish_below(path);  // also of a file: the next one there may be a directory, and found early
  }
}

// The directories themselves.

watch_tree::node* watch_tree::find(int number) const noexcept {
  const auto i = nodes_.find(number);
  return i == nodes_.end() ? nullptr : i->second.get();
}

bool watch_tree::attached(const node& n) const noexcept {
  const auto* at = &n;
  while (at->parent) at = at->parent;
  return at == top_;
}

unsigned watch_tree::depth_of(const node& n) noexcept {
  unsigned depth = 0;
  for (const auto* at = n.parent; at; at = at->parent) ++depth;
  return depth;
}

std::string watch_tree::path_below(const node& n, std::string from) {
  return n.parent ? join(path_below(*n.parent, std::move(from)), n.name) : from;
}

// By way of the open directory: its path may lead elsewhere by now.
int watch_tree::add_watch(int directory, const path& shown) {
  const auto open_one = "/proc/self/fd/" + std::to_string(directory);
  int number = ::inotify_add_watch(descriptor_, open_one.c_str(), interesting);
  if (number < 0 && errno == ENOENT)  // no /proc
    number = ::inotify_add_watch(descriptor_, shown.c_str(), interesting | IN_DONT_FOLLOW);
  if (number < 0 && errno == ENOSPC) fail_setting(ENOSPC, "inotify.max_user_watches", "", shown);
  if (number < 0) fail(errno, "watch", shown);
  return number;
}

void watch_tree::remove_watch(int number) noexcept { ::inotify_rm_watch(descriptor_, number); }

// A directory that is read next: what is in it turns up again, or is in another one by now, which had its
// name and place when it was looked at. Null for a directory that is part of itself.
watch_tree::node* watch_tree::add(int directory, const path& shown, node* parent, const std::string& name) {
  const int number = add_watch(directory, shown);
  auto* n = find(number);
  if (!n) {
    if (nodes_.size() == options_.max_directories) drop_detached();
    if (nodes_.size() == options_.max_directories) {
      remove_watch(number);
      fail_limit(shown, "max_directories", options_.max_directories);
    }
    auto made = std::make_unique<node>();
    made->number = number;
    n = nodes_.emplace(number, std::move(made)).first->second.get();
  }
  for (const auto* above = parent; above; above = above->parent)
    if (above == n) return nullptr;
  n->sweep = sweep_;
  while (!n->inside.empty()) detach(*n->inside.begin()->second);
  if (n->parent != parent || n->name != name) put(*n, parent, name);
  return n;
}

void watch_tree::put(node& n, node* parent, const std::string& name) {
  unlink(n);
  if (!parent) return;
  const auto there = parent->inside.find(name);
  if (there != parent->inside.end()) detach(*there->second);
  parent->inside.emplace(name, &n);
  n.parent = parent;
  n.name = name;
}

void watch_tree::unlink(node& n) noexcept {
  if (n.parent) n.parent->inside.erase(n.name);
  n.parent = nullptr;
}

// It is gone from its place, and may turn up at another.
void watch_tree::detach(node& n) {
  unlink(n);
  detached_.push_back(n.number);
}

// The system watches it no more.
void watch_tree::forget(node& n) {
  unlink(n);
  for (const auto& [name, inside] : n.inside) {
    inside->parent = nullptr;
    detached_.push_back(inside->number);
  }
  nodes_.erase(n.number);
}

void watch_tree::forget_all(node& n) {
  remove_watch(n.number);
  forget(n);  // what is in it is detached, and comes next
}

}  // namespace bight::fs::detail
