// The same tests of files for every way in which their work is done.
#pragma once
#include <gtest/gtest.h>
#include <bight/fs/backend.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "fs/detail/service.hpp"
#include "support/program.hpp"

namespace bight::test {

/// False with BIGHT_WITH_LIBURING=OFF.
inline bool built_with_uring() noexcept { return fs::detail::ring::built_in(); }

/// A way.
struct fs_way {
  const char* name;
  fs::backend backend;
  bool in_place;  ///< Reads of what is cached need neither ring nor thread.

  /// Makes the running loop work that way. Returns its service.
  std::shared_ptr<fs::detail::service> use() const {
    fs::use_backend(backend);
    auto all = fs::detail::service::here();
    all->inline_reads = in_place;
    fs::detail::finds_in_place = in_place;
    return all;
  }
  friend std::ostream& operator<<(std::ostream& out, const fs_way& w) { return out << w.name; }
};

/// Where the environment names a backend, both are that one.
inline constexpr fs_way fs_ways[] = {{"in_place", fs::backend::automatic, true},
                                     {"uring", fs::backend::uring, false},
                                     {"threads", fs::backend::threads, false}};

inline std::string name_of_way(const ::testing::TestParamInfo<fs_way>& info) { return info.param.name; }

/// A fixture: a folder, in each way. To be instantiated with `fs_ways`.
class each_way : public ::testing::TestWithParam<fs_way> {
 public:
  scratch_folder folder;
};

}  // namespace bight::test
