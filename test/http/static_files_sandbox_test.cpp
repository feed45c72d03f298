// Files where openat2 is forbidden, by a real seccomp filter: the same answers as elsewhere.
#include <bight/http/static_files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace bight::test::static_files_sandbox_test {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ask(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), BIGHT_PROGRAM_SITE_WITHOUT_OPENAT2);
  const auto done = run(arguments);
  EXPECT_EQ(done.status, 0) << done.err;
  return done.out;
}

class site_without_openat2 : public ::testing::TestWithParam<const char*> {
 protected:
  site_without_openat2() {
    folder_.write("outside.txt", "secret");
    folder_.write("www/index.html", "start");
    folder_.write("www/sub/index.html", "sub");
    folder_.write("www/sub/page.txt", "page");
    std::filesystem::create_symlink("../index.html", folder_.file("www/sub/up.html"));
    std::filesystem::create_symlink("sub", folder_.file("www/link"));
    std::filesystem::create_symlink("../outside.txt", folder_.file("www/out.txt"));
    std::filesystem::create_symlink(folder_.file("www/index.html"), folder_.file("www/absolute.html"));
  }

  scratch_folder folder_;
};

TEST_P(site_without_openat2, is_served_and_not_left) {
  const auto said = ask({GetParam(), folder_.file("www"), "/", "/sub/page.txt", "/sub/up.html", "/link/",
                         "/link/page.txt", "/none", "/out.txt", "/absolute.html", "/sub/page.txt/x"});
  EXPECT_EQ(said,
            "/ 200 start\n"
            "/sub/page.txt 200 page\n"
            "/sub/up.html 200 start\n"
            "/link/ 200 sub\n"
            "/link/page.txt 200 page\n"
            "/none 404 not found\n"
            "/out.txt 404 not found\n"
            "/absolute.html 404 not found\n"
            "/sub/page.txt/x 404 not found\n");
}
INSTANTIATE_TEST_SUITE_P(errors, site_without_openat2, ::testing::Values("ENOSYS", "EPERM"),
                         [](const auto& value) { return std::string{value.param}; });

// An error that says nothing about the file is no 404, and somebody must hear of it.
TEST(static_files_errors, that_are_the_systems_are_logged_and_answered_500) {
  const scratch_folder folder;
  folder.write("page.txt", "page");
  const auto said = ask({"EIO", folder.path(), "/page.txt"});
  EXPECT_THAT(said, StartsWith("log: "));
  EXPECT_THAT(said, HasSubstr("page.txt'"));
  EXPECT_THAT(said, HasSubstr("Input/output error"));
  EXPECT_THAT(said, HasSubstr("\n/page.txt 500 internal server error\n"));
}

}  // namespace bight::test::static_files_sandbox_test
