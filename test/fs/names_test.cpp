// Names and paths at the limits of the system, and links that lead in circles.
#include <bight/fs.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <climits>
#include <set>
#include <string>

#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::names_test {

using bight::detail::unique_fd;
using std::filesystem::path;
using test::error_of;
using test::read_file;
using test::scratch_folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const fs::directory_options with_parents{.parents = true};

awaitable<std::set<std::string>> walked(path root, unsigned max_depth = 1000) {
  std::set<std::string> all;
  fs::walk walk{std::move(root), {.max_depth = max_depth}};
  auto entry = co_await walk.next();
  while (entry) {
    EXPECT_TRUE(all.insert(entry->path.string()).second) << entry->path;
    entry = co_await walk.next();
  }
  co_return all;
}

// Everything that has to do with a name, for one name.
awaitable<void> use_name(const scratch_folder& folder, std::string name) {
  const auto file = folder.file(name);
  const auto moved = folder.file("moved");
  co_await fs::write_file_atomically(file, "one");
  co_await fs::write_file_atomically(file, "two");
  auto f = co_await fs::open(file, fs::appending);
  co_await f.write_at(0, "!");
  co_await f.close();
  co_await fs::rename(file, moved);
  co_await fs::copy_file(moved, file);
  const auto text = co_await fs::read_file(file);
  EXPECT_EQ(text, "two!");
  const auto about = co_await fs::stat(file);
  EXPECT_EQ(about.size, 4U);
  co_await fs::remove(file);
  co_await fs::make_symlink(name, moved + "2");
  const auto says = co_await fs::read_symlink(moved + "2");
  EXPECT_EQ(says.native(), name);
  co_await fs::remove(moved + "2");
  co_await fs::make_link(moved, file);
  co_await fs::set_permissions(file, 0600);
  EXPECT_THAT(folder.names(), ::testing::UnorderedElementsAre("moved", name));
  const auto found = co_await walked(folder.path());
  EXPECT_EQ(found, (std::set<std::string>{file, moved}));
  const auto listed = co_await fs::list_directory(folder.path());
  EXPECT_EQ(listed.size(), 2U);
  const auto removed = co_await fs::remove(file);
  EXPECT_TRUE(removed);
  co_await fs::make_directory(folder.file(name) + "/below", with_parents);
  const auto count = co_await fs::remove_all(folder.file(name));
  EXPECT_EQ(count, 2U);
  co_await fs::remove(moved);
}

ASYNC_TEST(fs_names, may_have_255_bytes_of_any_kind) {
  const scratch_folder folder;
  const std::string two_bytes = "\xc3\xa9";
  std::string letters;
  while (letters.size() < NAME_MAX - 1) letters += two_bytes;
  for (const std::string& name :
       {std::string(NAME_MAX, 'n'), std::string(240, 'n'), letters, letters + 'x', std::string{"a\nb"},
        std::string{"\xff\xfe not UTF-8 \x80"}, std::string(NAME_MAX, '\x80'), std::string{" "},
        std::string{"-rf"}, std::string{"*?[]$`'\"\\"}, std::string{"\x01\x7f"}}) {
    SCOPED_TRACE(name);
    co_await use_name(folder, name);
  }
  EXPECT_THAT(folder.names(), IsEmpty());
}

ASYNC_TEST(fs_names, of_256_bytes_are_one_clear_error) {
  const scratch_folder folder;
  const auto from = folder.write("from", "text");
  const auto name = folder.file(std::string(NAME_MAX + 1, 'n'));
  std::vector<awaitable<std::string>> calls;
  calls.push_back(error_of(fs::open(name, fs::writing), ENAMETOOLONG));
  calls.push_back(error_of(fs::read_file(name), ENAMETOOLONG));
  calls.push_back(error_of(fs::write_file(name, "text"), ENAMETOOLONG));
  calls.push_back(error_of(fs::write_file_atomically(name, "text"), ENAMETOOLONG));
  calls.push_back(error_of(fs::copy_file(from, name), ENAMETOOLONG));
  calls.push_back(error_of(fs::rename(from, name), ENAMETOOLONG));
  calls.push_back(error_of(fs::make_symlink(from, name), ENAMETOOLONG));
  calls.push_back(error_of(fs::make_link(from, name), ENAMETOOLONG));
  calls.push_back(error_of(fs::read_symlink(name), ENAMETOOLONG));
  calls.push_back(error_of(fs::set_permissions(name, 0600), ENAMETOOLONG));
  calls.push_back(error_of(fs::make_directory(name), ENAMETOOLONG));
  calls.push_back(error_of(fs::make_directory(name, with_parents), ENAMETOOLONG));
  calls.push_back(error_of(fs::remove(name), ENAMETOOLONG));
  calls.push_back(error_of(fs::remove_all(name), ENAMETOOLONG));
  calls.push_back(error_of(fs::stat(name), ENAMETOOLONG));
  calls.push_back(error_of(fs::list_directory(name), ENAMETOOLONG));
  calls.push_back(error_of(fs::make_temporary_file(name), ENAMETOOLONG));
  for (auto& call : calls) {
    const auto error = co_await std::move(call);
    EXPECT_THAT(error, HasSubstr(name));
    EXPECT_THAT(error, HasSubstr("File name too long"));
  }
  EXPECT_THAT(folder.names(), ElementsAre("from"));
}

// As long as the system takes; with the name of another file beside it, it would be too long.
ASYNC_TEST(fs_names, may_be_part_of_the_longest_path) {
  const scratch_folder folder;
  auto where = folder.path();
  while (where.size() < PATH_MAX - 202) where += '/' + std::string(100, 'd');
  where += '/' + std::string(PATH_MAX - 6 - where.size() - 1, 'e');
  co_await fs::make_directory(where, with_parents);
  const auto file = where + "/file";
  CO_ASSERT_EQ(file.size(), std::size_t{PATH_MAX - 1});
  co_await fs::write_file_atomically(file, "one");
  co_await fs::write_file_atomically(file, "two");
  co_await fs::copy_file(file, file);
  const auto text = co_await fs::read_file(file);
  EXPECT_EQ(text, "two");
  const auto longer = co_await error_of(fs::read_file(file + 'x'), ENAMETOOLONG);
  EXPECT_THAT(longer, HasSubstr("File name too long"));
  const auto found = co_await walked(folder.path());
  EXPECT_TRUE(found.contains(file));
}

// Each of the folders on the way would be tried.
ASYNC_TEST(fs_names, in_an_endless_path_are_an_error_at_once) {
  std::string endless;
  for (int i = 0; i != 100'000; ++i) endless += "a/";
  std::vector<awaitable<std::string>> calls;
  calls.push_back(error_of(fs::make_directory(endless, with_parents), ENAMETOOLONG));
  calls.push_back(error_of(fs::remove_all(endless), ENAMETOOLONG));
  calls.push_back(error_of(fs::write_file_atomically(endless, "text"), ENAMETOOLONG));
  calls.push_back(error_of(fs::list_directory(endless), ENAMETOOLONG));
  for (auto& call : calls) {
    const auto error = co_await std::move(call);
    EXPECT_THAT(error, HasSubstr("File name too long"));
  }
}

// Folders in folders, further down than a path can say.
void make_deep(const std::string& top, int levels, const std::string& name) {
  EXPECT_EQ(::mkdir(top.c_str(), 0700), 0);
  unique_fd here{::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  for (int i = 0; i != levels; ++i) {
    EXPECT_EQ(::mkdirat(here.get(), name.c_str(), 0700), 0);
    here = unique_fd{::openat(here.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  }
  const unique_fd file{::openat(here.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  EXPECT_TRUE(file);
}

ASYNC_TEST(fs_names, may_be_further_down_than_a_path_can_say) {
  const scratch_folder folder;
  const auto top = folder.file("top");
  make_deep(top, 60, std::string(200, 'n'));
  const auto found = co_await walked(folder.path());
  EXPECT_EQ(found.size(), 62U);
  EXPECT_GT(found.rbegin()->size(), std::size_t{PATH_MAX});
  EXPECT_THAT(*found.rbegin(), ::testing::EndsWith("n/file"));
  const auto some = co_await walked(folder.path(), 10);
  EXPECT_EQ(some.size(), 10U);
  const auto count = co_await fs::remove_all(top);
  EXPECT_EQ(count, 62U);
  EXPECT_THAT(folder.names(), IsEmpty());
}

// More levels than a process has descriptors.
ASYNC_TEST(fs_names, are_removed_at_any_depth) {
  const scratch_folder folder{test::memory_folder()};
  constexpr int levels = 3000;
  make_deep(folder.file("one"), levels, "n");
  const auto count = co_await fs::remove_all(folder.file("one"));
  EXPECT_EQ(count, levels + 2U);
  {
    auto d = co_await fs::make_temporary_directory(folder.path());
    make_deep(d.path() / "two", levels, "n");
    co_await d.remove();
    auto e = co_await fs::make_temporary_directory(folder.path());
    make_deep(e.path() / "three", levels, "n");
  }
  EXPECT_THAT(folder.names(), IsEmpty());
}

class fs_links : public ::testing::Test {
 public:
  fs_links() {
    link("b", "a");
    link("a", "b");
    link("self", "self");
    link("../" + path{folder.path()}.filename().string() + "/around/x", "around");
    folder.write("end", "text");
    link("end", "deep0");
    for (int i = 1; i <= 40; ++i) link("deep" + std::to_string(i - 1), "deep" + std::to_string(i));
  }
  void link(const std::string& to, const std::string& name) const {
    EXPECT_EQ(::symlink(to.c_str(), folder.file(name).c_str()), 0);
  }
  scratch_folder folder;
};

ASYNC_TEST_F(fs_links, that_lead_in_circles_are_one_clear_error) {
  const auto before = folder.names();
  const auto end = folder.file("end");
  for (const char* const name : {"a", "self", "around", "deep40"}) {
    const auto link = folder.file(name);
    std::vector<awaitable<std::string>> calls;
    calls.push_back(error_of(fs::open(link), ELOOP));
    calls.push_back(error_of(fs::open(link, fs::writing), ELOOP));
    calls.push_back(error_of(fs::read_file(link), ELOOP));
    calls.push_back(error_of(fs::write_file(link, "new"), ELOOP));
    calls.push_back(error_of(fs::copy_file(link, end), ELOOP));
    calls.push_back(error_of(fs::stat(link), ELOOP));
    calls.push_back(error_of(fs::exists(link), ELOOP));
    calls.push_back(error_of(fs::list_directory(link), ELOOP));
    calls.push_back(error_of(fs::make_directory(link + "/d"), ELOOP));
    calls.push_back(error_of(fs::remove(link + "/f"), ELOOP));
    calls.push_back(error_of(fs::remove_all(link + "/f"), ELOOP));
    calls.push_back(error_of(fs::rename(link + "/f", end), ELOOP));
    calls.push_back(error_of(fs::set_permissions(link, 0600), ELOOP));
    calls.push_back(error_of(fs::make_symlink("x", link + "/f"), ELOOP));
    calls.push_back(error_of(fs::make_link(link + "/f", end), ELOOP));
    calls.push_back(error_of(fs::read_symlink(link + "/f"), ELOOP));
    calls.push_back(error_of(fs::make_temporary_file(link), ELOOP));
    calls.push_back(error_of(fs::make_temporary_directory(link), ELOOP));
    if (std::string_view{name} != "deep40") {  // that one has an end, for who counts higher
      calls.push_back(error_of(fs::write_file_atomically(link, "new"), ELOOP));
      calls.push_back(error_of(fs::copy_file(end, link), ELOOP));
    }
    for (auto& call : calls) {
      const auto error = co_await std::move(call);
      EXPECT_THAT(error, HasSubstr(link));
      EXPECT_THAT(error, HasSubstr("Too many levels of symbolic links"));
    }
    fs::walk walk{link};
    const auto next = [&]() -> awaitable<void> { static_cast<void>(co_await walk.next()); };
    const auto error = co_await error_of(next(), ELOOP);
    EXPECT_THAT(error, HasSubstr("read directory '" + link + "'"));
    const auto about = co_await fs::lstat(link);
    EXPECT_EQ(about.kind, fs::file_kind::symlink);
  }
  EXPECT_EQ(folder.names(), before);
  EXPECT_EQ(read_file(end), "text");
}

ASYNC_TEST_F(fs_links, are_followed_as_far_as_the_system_does) {
  const auto link = folder.file("deep39");
  co_await fs::write_file_atomically(link, "new");
  const auto text = co_await fs::read_file(link);
  EXPECT_EQ(text, "new");
  EXPECT_EQ(read_file(folder.file("end")), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

ASYNC_TEST_F(fs_links, are_removed_and_renamed_themselves) {
  for (const char* const name : {"a", "self", "around", "deep40"}) {
    const auto moved = folder.file("moved");
    co_await fs::rename(folder.file(name), moved);
    const auto removed = co_await fs::remove(moved);
    EXPECT_TRUE(removed);
    link(name, name);
    const auto count = co_await fs::remove_all(folder.file(name));
    EXPECT_EQ(count, 1U);
  }
  EXPECT_EQ(read_file(folder.file("end")), "text");
}

// A slash at the end makes the system follow a link.
ASYNC_TEST_F(fs_links, are_not_followed_by_remove_all_with_a_slash) {
  folder.write("stays/a", "text");
  link("stays", "link");
  const auto count = co_await fs::remove_all(folder.file("link//"));
  EXPECT_EQ(count, 1U);
  EXPECT_FALSE(std::filesystem::exists(folder.file("link")));
  EXPECT_EQ(read_file(folder.file("stays/a")), "text");
}

}  // namespace bight::names_test
