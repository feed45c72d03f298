// Tests of tests: the failures that they report.
#pragma once
#include <gtest/gtest-spi.h>
#include <functional>
#include <string>
#include <vector>

namespace bight::test {

/// The failures that `f` reports, which are none of the test that calls this.
inline std::vector<std::string> failures_of(const std::function<void()>& f) {
  ::testing::TestPartResultArray results;
  {
    const ::testing::ScopedFakeTestPartResultReporter collect(&results);
    f();
  }
  std::vector<std::string> all;
  for (int i = 0; i != results.size(); ++i) all.emplace_back(results.GetTestPartResult(i).message());
  return all;
}

}  // namespace bight::test
