// A folder whose changes are told.
#pragma once
#include <gtest/gtest.h>
#include <bight/core/awaitable.hpp>
#include <bight/fs/watch.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace bight::test {

/// What is done before `next` is called is in the queue of the system by then: this gives all of it as one
/// batch.
inline constexpr fs::watch_options at_once{.settle_delay = std::chrono::milliseconds{0}};

/// A fixture: the folder "root" in a scratch folder.
class watched_folder : public ::testing::Test {
 public:
  using strings = std::vector<std::string>;

  watched_folder() { std::filesystem::create_directories(root); }

  /// The next batch as "+added", "~modified", "-removed", "!rescan", with paths below the root; "end" at the
  /// end.
  awaitable<strings> next(fs::watch& w) {
    const auto changes = co_await w.next();
    strings all;
    if (!changes) {
      all.emplace_back("end");
      co_return all;
    }
    EXPECT_FALSE(changes->empty());
    co_return shown(*changes);
  }
  strings shown(const std::vector<fs::change>& changes) const {
    strings all;
    for (const auto& c : changes) {
      const char kind = "+~-!"[static_cast<int>(c.kind)];
      const auto path = c.path.string();
      all.push_back(kind + (path.starts_with(root + '/') ? path.substr(root.size() + 1) : path));
    }
    return all;
  }
  std::string in(const std::string& name) const { return root + '/' + name; }
  void write(const std::string& name, const char* text = "text") const { folder.write("root/" + name, text); }
  void move(const std::string& from, const std::string& to) const {
    std::filesystem::rename(in(from), in(to));
  }

  scratch_folder folder;
  const std::string root = folder.file("root");
};

}  // namespace bight::test
