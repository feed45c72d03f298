// The directories that are watched, and what the system says of them.
#pragma once
#include <sys/types.h>

#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/watch.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/detail/change_set.hpp"

struct inotify_event;

namespace bight::fs::detail {

class tree_scan;

/// Throws "watch '/a': fs.inotify.max_user_watches is 8192", and what else it may be.
[[noreturn]] void fail_setting(int error, const char* setting, const char* or_else,
                               const std::filesystem::path& p);

/// The system watches single directories. A new one is watched first and read afterwards, so that nothing is
/// missed; what is seen twice by that merges in the change set. The system knows a directory by itself, not
/// by its name: one that turns up again was moved. Used by one thread at a time.
class watch_tree {
 public:
  watch_tree(std::filesystem::path root, const watch_options& options);
  watch_tree(const watch_tree&) = delete;
  watch_tree& operator=(const watch_tree&) = delete;
  ~watch_tree();

  /// Begins anew. Blocks. Errors: those of watch::start.
  void start();
  bool started() const noexcept { return top_ != nullptr; }
  /// Not started any more.
  void reset() noexcept;
  /// The descriptor of the queue, to be waited for and kept open. Once after start.
  bight::detail::unique_fd take_queue() noexcept { return std::move(queue_); }

  /// Takes some of what the system has to say. Never blocks. Returns false if there was nothing.
  bool read_events();
  bool must_update() const noexcept {
    return !ended_ && (out_of_step_ || !to_look_at_.empty() || !detached_.empty());
  }
  /// Looks at directories as events made it necessary. Blocks. Errors: those of watch::next; the next call
  /// goes on.
  void update();

  /// The root is gone.
  bool ended() const noexcept { return ended_; }
  const change_set& changes() const noexcept { return changes_; }
  std::vector<change> batch(const watch_filter& filter) const { return changes_.batch(root_, filter); }
  /// `unclear`: what the user knows by now may be newer than what was told.
  void end_batch(bool unclear) noexcept;
  /// The user has seen all of the last batch.
  void begin_batch() noexcept;

 private:
  struct node {
    int number = -1;  // as the system names it
    node* parent = nullptr;
    std::string name;
    std::unordered_map<std::string, node*> inside;
    std::uint64_t batch = 0;  // in which it came
    std::uint64_t sweep = 0;  // in which it was last seen
  };
  using before = change_set::before;
  using event = change_set::event;

  using entry = std::pair<int, std::string>;  // the number of the directory, the name

  void open_queue();
  void apply(const inotify_event& e);
  void apply_to_entry(node& in, const inotify_event& e, bool doubtful);
  void apply_to_file(const inotify_event& e);
  void end();

  void scan_all();
  void drop_detached();
  void look_at(node& parent, const std::string& name);
  void read_tree(tree_scan& scan, node& top, unsigned depth, bool tell);
  void resynchronise();
  bool root_is_there() const noexcept;

  node* add(int directory, const std::filesystem::path& shown, node* parent, const std::string& name);
  int add_watch(int directory, const std::filesystem::path& shown);
  void remove_watch(int number) noexcept;
  void put(node& n, node* parent, const std::string& name);
  void unlink(node& n) noexcept;
  void detach(node& n);
  void forget(node& n);
  void forget_all(node& n);
  node* find(int number) const noexcept;
  bool attached(const node& n) const noexcept;
  static std::string path_below(const node& n, std::string from);
  std::string shown(const node& n) const { return path_below(n, root_.native()); }
  static unsigned depth_of(const node& n) noexcept;

  const std::filesystem::path root_;  // as it was given
  const watch_options options_;
  std::filesystem::path base_;  // the directory at the top, whatever the current directory is by now
  std::string file_;            // its only name that counts, if the root is a file
  bool file_there_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;

  bight::detail::unique_fd queue_;
  int descriptor_ = -1;
  std::unordered_map<int, std::unique_ptr<node>> nodes_;
  node* top_ = nullptr;
  std::vector<entry> to_look_at_;  // what may have come
  entry last_that_came_;           // if that was the last event
  std::vector<int> detached_;      // that went
  change_set changes_;
  std::uint64_t batch_ = 1;
  std::uint64_t sweep_ = 0;
  std::uint64_t position_ = 0;       // in the stream of events, in bytes
  std::uint64_t unclear_until_ = 0;  // ... where what the user saw by itself ends
  bool unclear_ = false;
  bool out_of_step_ = false;
  bool ended_ = false;
};

}  // namespace bight::fs::detail
