// A file system of 1 MiB, as any user: it is in a namespace that another process holds.
#pragma once
#include <gtest/gtest.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/fs_backends.hpp"
#include "support/program.hpp"

namespace bight::test {

/// A fixture of the room fs: skips its tests where the system allows no user namespaces.
class small_disk : public each_way {
 public:
  static constexpr std::size_t size = 1U << 20U;
  static constexpr std::size_t inodes = 64;

  /// A path on it that may be written to, and the same one where it may not.
  std::string file(std::string_view name) const { return root_ + "/rw/" + std::string{name}; }
  std::string read_only(std::string_view name) const { return root_ + "/ro/" + std::string{name}; }
  std::string write(std::string_view name, std::string_view text) const {
    std::ofstream{file(name), std::ios::binary} << text;
    EXPECT_EQ(std::filesystem::file_size(file(name)), text.size());
    return file(name);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator{file("")})
      all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }
  std::size_t room() const { return std::filesystem::space(file("")).free; }
  /// Takes all the room there is, but for so many bytes.
  void fill(std::size_t but = 0) const {
    make_room();
    write("ballast", std::string(room() - but, 'b'));
  }
  void make_room() const { std::filesystem::remove(file("ballast")); }

 protected:
  void SetUp() override {
    const auto mounted = folder.file("disk");
    std::filesystem::create_directory(mounted);
    holder_ = std::make_unique<program>(std::vector<std::string>{BIGHT_PROGRAM_SMALL_MOUNT, mounted});
    const auto pid = holder_->wait_for_line("");
    constexpr std::string_view done = "mounted ";
    if (!pid.starts_with(done)) GTEST_SKIP() << "no user namespaces: " << pid;
    root_ = "/proc/" + pid.substr(done.size()) + "/root" + mounted;
    if (!std::filesystem::is_directory(file(""))) GTEST_SKIP() << "no way into " << root_;
  }

 private:
  std::string root_;
  std::unique_ptr<program> holder_;
};

}  // namespace bight::test
