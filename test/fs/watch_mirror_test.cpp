// A mirror that only knows what a watch tells, of a folder in which a thread does whatever it likes
// meanwhile.
#include <bight/fs/watch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <string>

#include "support/watched_folder.hpp"

namespace bight::watch_mirror_test {

using namespace std::chrono_literals;
namespace files = std::filesystem;

using paths = std::set<std::string>;

// Calls for all that is below the directory. A std::filesystem::recursive_directory_iterator ends at the
// first directory that vanishes before it is entered, and what comes after it would not be seen.
void look(const files::path& directory, const std::function<void(const files::path&)>& seen) {
  std::error_code gone;
  files::directory_iterator i{directory, gone};
  for (; !gone && i != files::directory_iterator{}; i.increment(gone)) {
    seen(i->path());
    std::error_code ignored;
    if (i->symlink_status(ignored).type() == files::file_type::directory) look(i->path(), seen);
  }
}

void add_below(paths& to, const files::path& directory) {
  look(directory, [&](const files::path& path) { to.insert(path); });
}

class mirror {
 public:
  explicit mirror(std::string root) : root_(std::move(root)) { add_below(known_, root_); }

  void apply(const fs::change& c) {
    const auto path = c.path.string();
    if (c.kind == fs::change_kind::removed || c.kind == fs::change_kind::rescan) forget(path);
    if (c.kind == fs::change_kind::added) known_.insert(path);
    if (c.kind != fs::change_kind::rescan) return;
    ++rescans_;
    std::error_code ignored;
    if (path != root_ && files::symlink_status(path, ignored).type() != files::file_type::not_found)
      known_.insert(path);
    if (files::is_directory(files::symlink_status(path, ignored))) add_below(known_, path);
  }
  bool knows(const std::string& path) const { return known_.contains(path); }
  const paths& known() const { return known_; }
  int rescans() const { return rescans_; }

 private:
  void forget(const std::string& path) {
    known_.erase(path);
    auto i = known_.lower_bound(path + '/');
    while (i != known_.end() && i->starts_with(path + '/')) i = known_.erase(i);
  }

  std::string root_;
  paths known_;
  int rescans_ = 0;
};

// Few names, so that everything happens to everything.
class vandal {
 public:
  vandal(std::string root, std::uint64_t seed) : root_(std::move(root)), random_(seed) {}

  void act() {
    std::error_code ignored;
    const auto a = any_path();
    const auto b = any_path();
    switch (random_() % 9) {
      case 0:
      case 1:
      case 2:
        files::create_directory(a, ignored);
        break;
      case 3:
      case 4:
        std::ofstream{a} << "text";
        break;
      case 5:
      case 6:
        files::rename(a, b, ignored);
        break;
      case 7:
        files::remove_all(a, ignored);
        break;
      default:
        ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
        break;
    }
  }

 private:
  std::string any_path() {
    auto path = root_;
    for (auto depth = 1 + random_() % 4; depth != 0; --depth) path += std::string{'/', "abcd"[random_() % 4]};
    return path;
  }

  std::string root_;
  std::mt19937_64 random_;
};

class fs_watch_mirror : public test::watched_folder {
 public:
  awaitable<void> follow(std::uint64_t seed, fs::watch_options options) {
    fs::watch w{root, options};
    co_await w.start();
    mirror image{root};
    const auto end = in("end");
    auto work = spawn([&]() -> awaitable<void> {
      const auto job = [&] {
        vandal one{root, seed};
        for (int i = 0; i != 3000; ++i) one.act();
        std::ofstream{end} << "end";
      };
      co_await to_thread(job);
    });
    int batches = 0;
    while (!image.knows(end)) {
      const auto changes = co_await w.next();
      CO_ASSERT_TRUE(changes);
      ++batches;
      for (const auto& c : *changes) image.apply(c);
    }
    co_await work;
    paths there;
    add_below(there, root);
    EXPECT_EQ(image.known(), there) << "seed " << seed << ", " << batches << " batches, " << image.rescans();
    files::remove_all(end);
  }
};

TEST_F(fs_watch_mirror, looks_on_where_a_directory_vanishes) {
  const std::set<std::string> all{"a", "b", "c", "d"};
  for (const auto& name : all) write(name + "/x");
  std::set<std::string> found;
  look(root, [&](const files::path& path) {
    found.insert(path.filename());
    files::remove_all(path);
  });
  EXPECT_EQ(found, all);
}

ASYNC_TEST_F(fs_watch_mirror, is_right_in_the_end) {
  fs::watch_options options;
  for (std::uint64_t seed = 1; seed != 13; ++seed) {
    options.settle_delay = seed % 2 == 0 ? 0ms : 1ms;
    options.max_delay = 3ms;
    co_await follow(seed, options);
  }
}

ASYNC_TEST_F(fs_watch_mirror, is_right_where_much_is_lost) {
  fs::watch_options options;
  options.settle_delay = 0ms;
  options.max_pending = 3;
  for (std::uint64_t seed = 11; seed != 17; ++seed) co_await follow(seed, options);
}

}  // namespace bight::watch_mirror_test
