// What is read of directories is newer than the events that were read by then.
#include "fs/detail/watch_tree.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "support/watched_folder.hpp"

namespace bight::watch_tree_test {

using fs::detail::watch_tree;
using ::testing::ElementsAre;
namespace files = std::filesystem;

class fs_watch_tree : public test::watched_folder {
 public:
  // All that the system has to say.
  static void follow(watch_tree& tree) {
    while (tree.read_events() || tree.must_update()) tree.update();
  }
  strings told(const watch_tree& tree) const { return shown(tree.batch({})); }
  // More than is read at a time.
  void say_much() const {
    for (unsigned i = 0; i != 500; ++i)
      for (const char* const name : {"y", "z"}) ::chmod(in(name).c_str(), 0600U + i % 2);
  }
};

// The scan finds "q/a" before the event of its coming is read.
TEST_F(fs_watch_tree, tells_nothing_of_what_was_in_a_directory_before_it_was_seen_to_come) {
  write("p/c/d/y");
  watch_tree tree{root, {}};
  tree.start();
  move("p", "q");
  ASSERT_TRUE(tree.read_events());
  write("q/c/d/x");
  move("q/c", "q/a");
  tree.update();
  files::remove(in("q/a/d/x"));
  follow(tree);
  EXPECT_THAT(told(tree), ElementsAre("-p", "+q", "+q/a", "+q/a/d", "+q/a/d/y"));
}

// A file was "q/a" before, and that it goes is read later.
TEST_F(fs_watch_tree, tells_nothing_of_what_was_in_a_directory_before_a_file_was_seen_to_make_room) {
  write("p/a");
  watch_tree tree{root, {}};
  tree.start();
  move("p", "q");
  ASSERT_TRUE(tree.read_events());
  files::remove(in("q/a"));
  for (const char* const name : {"q/a/x", "q/a/y"}) write(name);
  tree.update();
  files::remove(in("q/a/x"));
  follow(tree);
  EXPECT_THAT(told(tree), ElementsAre("-p", "+q", "+q/a", "+q/a/y"));
}

// "p/n" is to be looked at when "p" is another directory already, of which that is not known yet.
TEST_F(fs_watch_tree, finds_nothing_in_a_directory_that_was_in_another_one_in_its_place) {
  for (const char* const name : {"a/n/x", "p/x", "f", "y", "z"}) write(name);
  watch_tree tree{root, {}};
  tree.start();
  move("f", "p/n");
  move("p/n", "f");
  ASSERT_TRUE(tree.read_events());
  ASSERT_TRUE(tree.must_update());
  move("p", "b");
  say_much();
  write("a/n/new");
  move("a", "p");
  tree.update();
  follow(tree);
  EXPECT_THAT(told(tree),
              ElementsAre("-a", "+b", "+b/x", "~f", "!p", "+p/n", "+p/n/new", "+p/n/x", "~y", "~z"));
}

}  // namespace bight::watch_tree_test
