// Files that have their names when they are complete.
#include <bight/fs/atomic_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs/writer.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <string>
#include <utility>

#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"

namespace bight::atomic_file_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class fs_atomic_file : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_atomic_file, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

ASYNC_TEST_P(fs_atomic_file, is_there_when_it_is_complete) {
  param.use();
  const auto path = self.folder.write("a", "old");
  ::chmod(path.c_str(), 0640);
  auto made = co_await fs::open_atomically(path);
  fs::writer out{*made};
  for (int i = 0; i != 1000; ++i) co_await out.write("a line of some length\n");
  co_await out.flush();
  EXPECT_EQ(test::read_file(path), "old");
  co_await made.commit();
  EXPECT_EQ(test::read_file(path).size(), 22'000U);
  EXPECT_THAT(self.folder.names(), ElementsAre("a"));
  struct stat about {};
  CO_ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0640U);
  EXPECT_FALSE(made->is_open());
}

ASYNC_TEST_P(fs_atomic_file, that_is_dropped_leaves_nothing) {
  param.use();
  const auto path = self.folder.file("a");
  {
    auto made = co_await fs::open_atomically(path);
    co_await made->write_at(0, "text");
    auto moved = std::move(made);
    EXPECT_THAT(self.folder.names(), Not(Contains("a")));
  }
  EXPECT_THAT(self.folder.names(), IsEmpty());
}

ASYNC_TEST_P(fs_atomic_file, goes_where_a_link_leads) {
  param.use();
  const auto target = self.folder.write("target", "old");
  CO_ASSERT_EQ(::symlink("target", self.folder.file("link").c_str()), 0);
  auto made = co_await fs::open_atomically(self.folder.file("link"));
  co_await made->write_at(0, "new");
  co_await made.commit();
  EXPECT_EQ(test::read_file(target), "new");
  EXPECT_THAT(self.folder.names(), ElementsAre("link", "target"));
}

ASYNC_TEST_P(fs_atomic_file, that_may_not_replace_does_not) {
  param.use();
  const auto path = self.folder.file("a");
  const fs::atomic_options new_only{.replace = false};
  auto made = co_await fs::open_atomically(path, new_only);
  self.folder.write("a", "other");
  const auto error = co_await test::error_of(made.commit(), EEXIST);
  EXPECT_THAT(error, HasSubstr(path));
  EXPECT_EQ(test::read_file(path), "other");
  EXPECT_THAT(self.folder.names(), ElementsAre("a"));
}

ASYNC_TEST_P(fs_atomic_file, that_cannot_be_made_is_named) {
  param.use();
  const auto path = self.folder.file("none/a");
  const auto error = co_await test::error_of(fs::open_atomically(path), ENOENT);
  EXPECT_THAT(error, HasSubstr(path));
}

ASYNC_TEST_P(fs_atomic_file, whose_commit_is_cancelled_is_there) {
  param.use();
  for (int turns = 0; turns != 5; ++turns) {
    const auto path = self.folder.file("a" + std::to_string(turns));
    auto made = co_await fs::open_atomically(path);
    co_await made->write_at(0, "new");
    auto committing = spawn([&]() -> awaitable<void> { return made.commit(); });
    co_await yield();  // it has begun
    for (int i = 0; i != turns; ++i) co_await yield();
    committing.cancel();
    co_await committing.wait();
    EXPECT_EQ(self.folder.names().size(), static_cast<std::size_t>(turns + 1));
    EXPECT_EQ(test::read_file(path), "new");
  }
}

}  // namespace bight::atomic_file_test
