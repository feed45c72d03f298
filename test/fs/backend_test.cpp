// The choice between io_uring and threads.
#include <bight/fs/backend.hpp>

#include <stdlib.h>

#include <bight/core.hpp>
#include <bight/fs/file.hpp>
#include <bight/testing.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "support/fs_backends.hpp"

namespace bight::backend_test {

using ::testing::HasSubstr;

// Sets BIGHT_FS while it lives.
class environment {
 public:
  explicit environment(const char* value) {
    if (const char* const old = ::getenv("BIGHT_FS")) old_ = old;
    if (value)
      ::setenv("BIGHT_FS", value, 1);
    else
      ::unsetenv("BIGHT_FS");
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() {
    if (old_)
      ::setenv("BIGHT_FS", old_->c_str(), 1);
    else
      ::unsetenv("BIGHT_FS");
  }

 private:
  std::optional<std::string> old_;
};

ASYNC_TEST(fs_backend, is_chosen_for_the_loop) {
  const environment none{nullptr};
  const auto found = fs::backend_in_use();
  EXPECT_NE(found, fs::backend::automatic);
  EXPECT_TRUE(test::built_with_uring() || found == fs::backend::threads);
  fs::use_backend(fs::backend::threads);
  EXPECT_EQ(fs::backend_in_use(), fs::backend::threads);
  fs::use_backend(fs::backend::uring);
  EXPECT_EQ(fs::backend_in_use(), found);
  fs::use_backend(fs::backend::automatic);
  EXPECT_EQ(fs::backend_in_use(), found);
  co_return;
}

ASYNC_TEST(fs_backend, is_chosen_by_the_environment_first) {
  const environment threads{"threads"};
  EXPECT_EQ(fs::backend_in_use(), fs::backend::threads);
  fs::use_backend(fs::backend::uring);
  EXPECT_EQ(fs::backend_in_use(), fs::backend::threads);
  co_return;
}

ASYNC_TEST(fs_backend, of_another_name_is_an_error) {
  const environment wrong{"uringg"};
  try {
    static_cast<void>(co_await fs::open("/dev/null"));
    ADD_FAILURE();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "bight: BIGHT_FS is \"uringg\"; it may be auto, uring or threads");
  }
}

TEST(fs_backend, needs_a_loop) {
  try {
    static_cast<void>(fs::backend_in_use());
    ADD_FAILURE();
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::wrong_loop); }
}

// Runs the program in a process to which the kernel answers io_uring_setup with `error`.
awaitable<completed_process> run_without_uring(const char* error, const char* wanted) {
  const std::string program = BIGHT_PROGRAM_NO_URING;  // named: GCC 12 warns falsely of the temporary
  const command what(program, error, wanted);
  auto done = co_await run_process(what);
  co_return done;
}

ASYNC_TEST(fs_backend, is_threads_where_io_uring_is_forbidden) {
  const environment none{nullptr};
  for (const char* const error : {"EPERM", "ENOSYS", "ENOMEM", "EINVAL"}) {
    const auto done = co_await run_without_uring(error, "auto");
    EXPECT_EQ(done.status, exit_status::with_code(0)) << done.error;
    EXPECT_EQ(done.output, "threads: hello, world\n") << done.error;
    EXPECT_EQ(done.error, "");
  }
}

ASYNC_TEST(fs_backend, says_so_once_if_io_uring_was_asked_for) {
  const environment none{nullptr};
  const auto done = co_await run_without_uring("EPERM", "uring");
  EXPECT_EQ(done.output, "threads: hello, world\n");
  const std::string reason = test::built_with_uring()
                                 ? "io_uring_setup: Operation not permitted"
                                 : "bight was built without liburing (BIGHT_WITH_LIBURING=OFF): ";
  EXPECT_THAT(done.error, HasSubstr("fs: io_uring is not available, using threads: " + reason));
  EXPECT_EQ(done.error.find(reason), done.error.rfind(reason));
}

}  // namespace bight::backend_test
