// Files where the system refuses: in processes of their own, since the limits are those of a process.
#include <bight/fs.hpp>

#include <sys/stat.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <string>

#include "support/program.hpp"

namespace bight::limits_test {

using test::run;
using test::scratch_folder;
using ::testing::ElementsAre;

// With each backend.
class fs_limits : public ::testing::TestWithParam<const char*> {
 public:
  std::string output_of(const char* program, const char* what = nullptr) const {
    std::vector<std::string> arguments{program};
    if (what) arguments.emplace_back(what);
    arguments.emplace_back(GetParam());
    arguments.push_back(folder.path());
    const auto done = run(arguments);
    EXPECT_EQ(done.status, 0) << done.err;
    return done.out;
  }
  const scratch_folder folder{test::memory_folder()};
};
INSTANTIATE_TEST_SUITE_P(backends, fs_limits, ::testing::Values("uring", "threads"),
                         [](const auto& made) { return std::string{made.param}; });

TEST_P(fs_limits, of_the_size_of_files_are_errors_and_no_signal) {
  EXPECT_EQ(output_of(BIGHT_PROGRAM_LIMITED, "file_size"), "65536 65536 old\n");
  EXPECT_THAT(folder.names(), ElementsAre("f", "from", "g", "h", "i", "old"));
  EXPECT_EQ(std::filesystem::file_size(folder.file("i")), 65536U);
}

TEST_P(fs_limits, of_descriptors_are_errors_that_pass) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UBSan looks at memory through a pipe, and takes it for wrong when it gets none";
#endif
  EXPECT_EQ(output_of(BIGHT_PROGRAM_LIMITED, "descriptors"), "open: 24\nworks again\n");
}

TEST_P(fs_limits, of_the_ring_may_come_while_it_is_at_work) {
  EXPECT_EQ(output_of(BIGHT_PROGRAM_LIMITED, "refused"), "2867200 bytes\n");
}

TEST_P(fs_limits, are_no_signals_either) { EXPECT_EQ(output_of(BIGHT_PROGRAM_INTERRUPTED), "300 signals\n"); }

// Permissions mean nothing to root, so another process tries.
TEST(fs_denied, operations_change_nothing) {
  const scratch_folder folder;
  const auto file = folder.write("file", "old");
  for (const char* const name : {"closed/a", "fixed/a"}) folder.write(name, "old");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(file.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder.file("closed").c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder.file("fixed").c_str(), 0555), 0);
  EXPECT_EQ(run({BIGHT_PROGRAM_DENIED, folder.path()}).out, "all tried\n");
  for (const char* const name : {"closed", "fixed"}) EXPECT_EQ(::chmod(folder.file(name).c_str(), 0755), 0);
  for (const char* const name : {"file", "closed/a", "fixed/a"})
    EXPECT_EQ(test::read_file(folder.file(name)), "old");
  EXPECT_THAT(folder.names(), ElementsAre("closed", "file", "fixed"));
  for (const char* const name : {"closed", "fixed"})
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.file(name)}, {}), 1);
}

TEST(fs_failing, system_calls_leave_old_files_and_nothing_else) {
  const scratch_folder folder{test::memory_folder()};
  test::program failing{{BIGHT_PROGRAM_FAILING, folder.path()}};
  const auto done = failing.finish(std::chrono::seconds{50});  // two hundred processes
  EXPECT_EQ(done.out, "many failures\n") << done.err;
}

}  // namespace bight::limits_test
