// The part of a walk that blocks.
#include "fs/detail/tree_scan.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace bight::tree_scan_test {

using fs::detail::tree_scan;
using test::scratch_folder;

std::vector<fs::directory_entry> one_of(tree_scan& scan) {
  std::vector<fs::directory_entry> found;
  scan.read(found, 1);
  return found;
}

// What walk::skip asks: an error that comes now, is it of that directory, or of one around it?
TEST(fs_tree_scan, tells_whether_it_is_in_a_directory_still) {
  const scratch_folder folder;
  folder.write("d/e/f", "");
  std::vector<fs::directory_entry> all;
  int files = 0;
  do {  // the order is the system's: until a file comes after the directory
    all.clear();
    folder.write("file" + std::to_string(files++), "");
    tree_scan scan{folder.path(), {}};
    scan.read(all, std::numeric_limits<int>::max());
  } while (all.back().depth != 1);

  tree_scan scan{folder.path(), {}};
  auto found = one_of(scan);
  while (found.at(0).path.filename() != "e") found = one_of(scan);
  EXPECT_EQ(scan.depth(), 3U);
  EXPECT_TRUE(scan.leave(2));
  EXPECT_TRUE(scan.leave(1));
  found = one_of(scan);
  EXPECT_EQ(found.at(0).depth, 1U);  // it has left both
  EXPECT_EQ(scan.depth(), 1U);
  EXPECT_FALSE(scan.leave(2));
  while (!scan.ended()) found = one_of(scan);
  EXPECT_FALSE(scan.leave(1));
}

}  // namespace bight::tree_scan_test
