// What docs/from-asyncio.md and docs/testing.md show of files.
#include <bight/fs.hpp>

#include <algorithm>
#include <array>
#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <utility>

#include "support/program.hpp"

namespace fs_guide {
namespace guide_test {

namespace fs = bight::fs;

using bight::test::read_file;
using bight::test::scratch_folder;
using ::testing::ElementsAre;

std::ostringstream out;

bight::awaitable<std::string> last_bytes(std::filesystem::path path, std::size_t most) {
  const auto f = co_await fs::open(path);
  const auto size = co_await f.size();
  std::string end(std::min<std::uint64_t>(most, size), '\0');
  const auto n = co_await f.read_at(size - end.size(), std::as_writable_bytes(std::span{end}));
  end.resize(n);  // less if the file was truncated meanwhile
  co_return end;
}

bight::awaitable<std::uint32_t> number_at(std::filesystem::path path, std::uint64_t offset) {
  const auto f = co_await fs::open(path);
  fs::reader in{f};
  in.seek(offset);
  std::array<std::uint32_t, 1> number{};
  co_await bight::read_exactly(in, std::as_writable_bytes(std::span{number}));
  co_return number[0];
}

bight::awaitable<void> stamps(std::filesystem::path path) {
  auto f = co_await fs::open(path, fs::updating);
  co_await f.write_at(4, "2026");
  co_await f.sync_all();
}

ASYNC_TEST(fs_guide, reads_and_writes_anywhere) {
  const scratch_folder folder;
  const auto path = folder.write("a", "abcd1999\x01\x01\x01\x01");
  co_await stamps(path);
  EXPECT_EQ(read_file(path), "abcd2026\x01\x01\x01\x01");
  const auto end = co_await last_bytes(path, 8);
  EXPECT_EQ(end, "2026\x01\x01\x01\x01");
  const auto all = co_await last_bytes(path, 100);
  EXPECT_EQ(all, read_file(path));
  const auto number = co_await number_at(path, 8);
  EXPECT_EQ(number, 0x01010101U);
}

bight::awaitable<std::map<std::string, int>> count_names(std::filesystem::path path) {
  std::map<std::string, int> counts;
  const auto f = co_await fs::open(path);
  fs::text_lines lines{f};
  auto line = co_await lines.next();
  while (line) {
    ++counts[std::string{*line}];  // a copy: the line is valid until the next call
    line = co_await lines.next();
  }
  co_return counts;
}

ASYNC_TEST(fs_guide, keeps_lines) {
  const scratch_folder folder;
  const auto path = folder.write("names", "Ada\nAlan\nAda\n");
  const auto counts = co_await count_names(path);
  EXPECT_THAT(counts, ElementsAre(std::pair{"Ada", 2}, std::pair{"Alan", 1}));
}

bight::awaitable<void> prints_files(std::string top) {
  fs::walk all{top};
  auto entry = co_await all.next();
  while (entry) {
    if (entry->path.filename() == ".git") all.skip();  // does not descend
    if (entry->kind == fs::file_kind::regular) out << entry->path.string() << '\n';
    entry = co_await all.next();
  }
}

ASYNC_TEST(fs_guide, passes_over_a_folder) {
  const scratch_folder folder;
  folder.write(".git/config", "");
  const auto file = folder.write("src/a.cpp", "");
  out.str({});
  co_await prints_files(folder.path());
  EXPECT_EQ(out.str(), file + '\n');
}

bight::awaitable<void> sorts_a_table(std::string table) {
  const fs::temporary_options name{.prefix = "table-", .suffix = ".csv"};
  auto scratch = co_await fs::make_temporary_file("", name);  // in TMPDIR or /tmp
  co_await scratch->write_at(0, table);
  const auto sorted = co_await bight::run_process(bight::command("sort", scratch.path().string()));
  out << sorted.output;
}

ASYNC_TEST(fs_guide, makes_a_temporary_file) {
  out.str({});
  co_await sorts_a_table("b,2\na,1\n");
  EXPECT_EQ(out.str(), "a,1\nb,2\n");
}

bight::awaitable<std::uintmax_t> free_space(std::filesystem::path where) {
  const auto ask = [&] { return std::filesystem::space(where).available; };
  co_return co_await bight::to_thread(ask);
}

ASYNC_TEST(fs_guide, asks_the_standard_library) {
  const scratch_folder folder;
  const auto bytes = co_await free_space(folder.path());
  EXPECT_GT(bytes, 0U);
  EXPECT_LT(bytes, UINTMAX_MAX);
}

// ---- docs/testing.md ---------------------------------------------------------------------------

// What is tested: a list that is kept in a file.
class to_do_list {
 public:
  explicit to_do_list(std::filesystem::path path) : path_(std::move(path)) {}

  bight::awaitable<void> add(std::string what) {
    bight::testing::check_step("save");
    auto all = items_ + what + '\n';
    co_await fs::write_file_atomically(path_, all);
    items_ = std::move(all);
  }
  const std::string& items() const { return items_; }

 private:
  std::filesystem::path path_;
  std::string items_;
};

ASYNC_TEST(to_do_list, is_in_its_file) {
  const auto folder = co_await fs::make_temporary_directory();
  to_do_list list{folder.path() / "list"};
  co_await list.add("milk");
  const auto text = co_await fs::read_file(folder.path() / "list");
  EXPECT_EQ(text, "milk\n");
}

TEST(to_do_list, is_in_its_file_whatever_fails) {
  const scratch_folder folder;
  const auto path = folder.file("list");
  std::unique_ptr<to_do_list> list;
  const auto steps = bight::testing::fail_at_every_step(
      [&]() -> bight::awaitable<void> {
        co_await fs::write_file(path, "");
        list = std::make_unique<to_do_list>(path);
        co_await list->add("milk");
        co_await list->add("bread");
      },
      [&]() -> bight::awaitable<void> {
        EXPECT_EQ(read_file(path), list->items());
        co_return;
      });
  EXPECT_EQ(steps, 2U);
}

}  // namespace guide_test
}  // namespace fs_guide
