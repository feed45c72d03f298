// Every operation of the room, cancelled and left behind at every await: no descriptor, no file and no write
// to a buffer is left, and what it was used on goes on.
#include <bight/fs.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cstring>
#include <functional>
#include <optional>
#include <string>

#include "support/descriptors.hpp"
#include "support/fs_backends.hpp"
#include "support/log_capture.hpp"

namespace bight::cancel_test {

using test::count_descriptors;
using test::read_file;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const fs::open_options both{.read = true, .write = true, .create = true};

class fs_cancelled : public test::each_way {
 public:
  fs_cancelled() {
    folder.write("text", std::string(text));
    folder.write("d/e/f", "");
  }

  static constexpr std::string_view text = "one\ntwo\nthree\n";

  std::string at(const char* name) const { return folder.file(name); }

  // Both sweeps of an operation. `after()` is awaited on the loop after each run, and must leave the folder
  // as it was before.
  void sweep(const std::function<awaitable<void>()>& operation,
             const std::function<awaitable<void>()>& after = nothing) {
    const int before = count_descriptors();
    int of_the_loop = -1;
    const auto body = [&]() -> awaitable<void> {
      GetParam().use();
      static_cast<void>(fs::backend_in_use());  // the ring is made now
      if (of_the_loop < 0) of_the_loop = count_descriptors() - before;
      co_await operation();
    };
    const auto nothing_left = [&]() -> awaitable<void> {
      co_await after();
      const bool none_more = of_the_loop < 0 || count_descriptors() - before <= of_the_loop;
      EXPECT_TRUE(none_more);
      expect_usual_files();
    };
    EXPECT_GT(testing::cancel_at_every_await(body, nothing_left), 0U);
    EXPECT_EQ(count_descriptors(), before);
    const auto nothing_left_without_loop = [&] {
      EXPECT_EQ(count_descriptors(), before);
      for (const auto& name : folder.names()) EXPECT_THAT(name, Not(HasSubstr(".tmp"))) << name;
    };
    EXPECT_GT(testing::shut_down_at_every_await(body, nothing_left_without_loop), 0U);
  }

  void expect_usual_files() const {
    EXPECT_THAT(folder.names(), ElementsAre("d", "text"));
    EXPECT_EQ(read_file(at("text")), text);
  }

  static awaitable<void> nothing() { co_return; }
};
INSTANTIATE_TEST_SUITE_P(ways, fs_cancelled, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

TEST_P(fs_cancelled, open_and_close) {
  sweep([&]() -> awaitable<void> {
    auto f = co_await fs::open(at("text"));
    co_await f.close();
  });
}

// At every await, with any budget when it begins.
TEST_P(fs_cancelled, close_leaves_nothing_open) {
  for (int budget = 0; budget != 5; ++budget) {
    std::optional<fs::file> f;
    bool closing = false;
    const auto body = [&]() -> awaitable<void> {
      GetParam().use();
      closing = false;
      f.reset();
      f.emplace(co_await fs::open(at("text")));
      detail::this_loop->budget = budget;
      closing = true;
      co_await f->close();
    };
    const auto closed = [&]() -> awaitable<void> {
      EXPECT_FALSE(closing && f->is_open()) << budget;
      co_return;
    };
    EXPECT_GT(testing::cancel_at_every_await(body, closed), 0U);
  }
}

// A buffer that is overwritten after its read was cancelled stays as it is then.
TEST_P(fs_cancelled, reads_touch_no_buffer_afterwards) {
  constexpr std::size_t size = 300'000;
  const auto path = folder.write("d/large", std::string(size, 'x'));
  std::string buffer;
  std::optional<fs::file> f;
  const auto read = [&]() -> awaitable<void> {
    GetParam().use();
    f.reset();
    f.emplace(co_await fs::open(path));
    buffer.assign(size, '?');
    struct overwritten {
      std::string* all;
      ~overwritten() { std::memset(all->data(), '#', all->size()); }
    } const at_end{&buffer};
    const auto n = co_await f->read_at(0, std::as_writable_bytes(std::span{buffer}));
    EXPECT_EQ(n, size);
    EXPECT_EQ(buffer, std::string(size, 'x'));
  };
  const auto untouched = [&]() -> awaitable<void> {
    if (f && f->is_open()) {  // it goes on, and whatever came before has settled then
      std::string again(size, '?');
      for (int i = 0; i != 3; ++i) {
        const auto n = co_await f->read_at(0, std::as_writable_bytes(std::span{again}));
        EXPECT_EQ(n, size);
      }
      co_await f->sync_data();
      EXPECT_EQ(again, std::string(size, 'x'));
    }
    EXPECT_EQ(buffer, std::string(buffer.size(), '#'));
    f.reset();
  };
  const auto overwritten_only = [&] { EXPECT_EQ(buffer, std::string(buffer.size(), '#')); };
  EXPECT_GT(testing::cancel_at_every_await(read, untouched), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(read, overwritten_only), 0U);
}

// What is written is what was in the buffer before: a buffer that changes afterwards changes nothing.
TEST_P(fs_cancelled, writes_read_no_buffer_afterwards) {
  constexpr std::size_t size = 300'000;
  std::string buffer;
  std::optional<fs::file> f;
  const auto write = [&]() -> awaitable<void> {
    GetParam().use();
    f.reset();
    std::filesystem::remove(at("d/new"));
    f.emplace(co_await fs::open(at("d/new"), both));
    buffer.assign(size, 'x');
    struct overwritten {
      std::string* all;
      ~overwritten() { std::memset(all->data(), '#', all->size()); }
    } const at_end{&buffer};
    co_await f->write_at(0, buffer);
  };
  const auto a_part = [&] {
    const auto found = read_file(at("d/new"));
    EXPECT_EQ(found, std::string(found.size(), 'x'));
  };
  const auto settled = [&]() -> awaitable<void> {
    if (!f) co_return;
    co_await f->sync_data();
    a_part();
    co_await f->write_at(0, "goes on");
    co_await f->close();
  };
  EXPECT_GT(testing::cancel_at_every_await(write, settled), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(write, a_part), 0U);
}

TEST_P(fs_cancelled, operations_on_a_file) {
  const auto work = [&]() -> awaitable<void> {
    auto f = co_await fs::open(at("d/e/f"), both);
    co_await f.write_at(0, "text");
    co_await f.sync_data();
    co_await f.sync_all();
    co_await f.truncate(2);
    const auto size = co_await f.size();
    EXPECT_EQ(size, 2U);
    const auto locked = co_await f.try_lock();
    EXPECT_TRUE(locked);
    co_await f.unlock();
    co_await f.lock(fs::lock_kind::shared);
    co_await f.close();
  };
  const auto not_locked = [&]() -> awaitable<void> {
    auto f = co_await fs::open(at("d/e/f"), both);
    const auto free = co_await f.try_lock();
    EXPECT_TRUE(free);
  };
  sweep(work, not_locked);
}

TEST_P(fs_cancelled, waits_for_locks) {
  std::optional<fs::file> holder;
  const auto work = [&]() -> awaitable<void> {
    holder.emplace(co_await fs::open(at("text"), both));
    co_await holder->lock();
    auto waiter = co_await fs::open(at("text"), both);
    auto unlocking = spawn([&]() -> awaitable<void> {
      co_await yield();
      co_await holder->unlock();
    });
    struct ended {
      task<void>* what;
      ~ended() { what->cancel(); }
    } const at_end{&unlocking};
    co_await waiter.lock();
    co_await unlocking;
  };
  const auto free_again = [&]() -> awaitable<void> {
    holder.reset();
    auto f = co_await fs::open(at("text"), both);
    co_await wait_for(f.lock(), std::chrono::minutes{1});
  };
  EXPECT_GT(testing::cancel_at_every_await(
                [&]() -> awaitable<void> {
                  GetParam().use();
                  co_await work();
                },
                free_again),
            0U);
}

TEST_P(fs_cancelled, readers_and_lines) {
  sweep([&]() -> awaitable<void> {
    auto f = co_await fs::open(at("text"));
    fs::reader in{f, {.buffer = 4}};
    const auto all = co_await read_all(in);
    EXPECT_EQ(all, text);
    fs::lines lines{f, {.buffer = 4}};
    auto line = co_await lines.next();
    while (line) line = co_await lines.next();
  });
}

TEST_P(fs_cancelled, writers) {
  const test::log_capture log;
  sweep([&]() -> awaitable<void> {
    auto f = co_await fs::open(at("d/e/f"), fs::writing);
    fs::writer out{f, {.buffer = 4}};
    for (const char* const piece : {"one", "two", "a longer one", "four"}) co_await out.write(piece);
    co_await out.flush();
    co_await out.write("five");
    co_await out.close();
  });
}

TEST_P(fs_cancelled, whole_files) {
  const std::string large(2U << 20U, 'x');
  const auto old_or_new = [&]() -> awaitable<void> {
    EXPECT_THAT(read_file(at("d/e/f")), AnyOf("", large, text));
    EXPECT_THAT(std::distance(std::filesystem::directory_iterator{at("d/e")}, {}), AnyOf(1, 2));
    folder.write("d/e/f", "");
    std::filesystem::remove(at("d/e/copy"));
    co_return;
  };
  sweep(
      [&]() -> awaitable<void> {
        const auto got = co_await fs::read_file(at("text"));
        EXPECT_EQ(got, text);
        co_await fs::write_file_atomically(at("d/e/f"), large);
        const fs::atomic_options fresh{.replace = false};
        co_await fs::write_file_atomically(at("d/e/copy"), large, fresh);
        co_await fs::copy_file(at("text"), at("d/e/f"));
        co_await fs::write_file(at("d/e/copy"), large);
      },
      old_or_new);
}

TEST_P(fs_cancelled, changes_of_the_tree) {
  sweep(
      [&]() -> awaitable<void> {
        const fs::directory_options parents{.parents = true};
        co_await fs::make_directory(at("new/a/b"), parents);
        co_await fs::make_directory(at("new/c"));
        co_await fs::rename(at("new/c"), at("new/d"));
        co_await fs::make_symlink("d", at("new/e"));
        const auto says = co_await fs::read_symlink(at("new/e"));
        EXPECT_EQ(says, "d");
        co_await fs::make_link(at("new/e"), at("new/f"));
        co_await fs::set_permissions(at("new/d"), 0700);
        static_cast<void>(co_await fs::remove(at("new/d")));
        static_cast<void>(co_await fs::stat(at("new")));
        static_cast<void>(co_await fs::lstat(at("new")));
        static_cast<void>(co_await fs::exists(at("new")));
        const auto count = co_await fs::remove_all(at("new"));
        EXPECT_EQ(count, 5U);
      },
      [&]() -> awaitable<void> { static_cast<void>(co_await fs::remove_all(at("new"))); });
}

TEST_P(fs_cancelled, walks_and_lists) {
  sweep([&]() -> awaitable<void> {
    fs::walk all{folder.path()};
    auto entry = co_await all.next();
    while (entry) {
      if (entry->path.filename() == "e") all.skip();
      entry = co_await all.next();
    }
    static_cast<void>(co_await fs::list_directory(folder.path()));
  });
}

TEST_P(fs_cancelled, temporaries) {
  sweep([&]() -> awaitable<void> {
    auto d = co_await fs::make_temporary_directory(folder.path());
    auto f = co_await fs::make_temporary_file(d.path());
    auto g = co_await fs::make_temporary_file(folder.path());
    co_await f->write_at(0, "text");
    co_await g.remove();
    co_await d.remove();
  });
}

// Cancelled a while after they began, which may be anywhere on the way.
ASYNC_TEST_P(fs_cancelled, everything_at_a_time) {
  param.use();
  const std::string large(1U << 20U, 'x');
  std::string buffer(1U << 20U, '?');
  auto f = co_await fs::open(self.at("d/e/f"), both);
  co_await f.write_at(0, large);
  std::optional<int> descriptors;
  for (int turns = 0; turns != 60; ++turns) {
    const auto body = [&](task_group& group) -> awaitable<void> {
      for (int i = 0; i != 4; ++i) {
        group.spawn([&] { return fs::write_file_atomically(self.at("d/e/g"), large); }).detach();
        group.spawn([&] { return f.write_at(0, large); }).detach();
        group
            .spawn([&]() -> awaitable<void> {
              static_cast<void>(co_await f.read_at(0, std::as_writable_bytes(std::span{buffer})));
            })
            .detach();
        group
            .spawn([&]() -> awaitable<void> {
              static_cast<void>(co_await fs::make_temporary_directory(self.at("d")));
            })
            .detach();
        group.spawn([&] { return fs::copy_file(self.at("text"), self.at("d/e/g")); }).detach();
      }
      for (int i = 0; i != turns * turns; ++i) co_await yield();
      group.cancel();
    };
    co_await task_group::run(body);
    std::memset(buffer.data(), '#', buffer.size());
    if (!descriptors) descriptors = count_descriptors();
    EXPECT_EQ(count_descriptors(), *descriptors);
    EXPECT_THAT(self.folder.names(), ElementsAre("d", "text"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{self.at("d")}, {}), 1);
  }
  co_await f.sync_data();
  EXPECT_EQ(buffer, std::string(buffer.size(), '#'));
  EXPECT_EQ(read_file(self.at("d/e/f")), large);
}

}  // namespace bight::cancel_test
