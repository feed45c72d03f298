// fail_at_every_step, check_step: fails each operation of a test once.
#pragma once
#include <bight/core/awaitable.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <string_view>

namespace bight::testing {

/// A step of your own fakes: throws system_error if it is the step that fails under fail_at_every_step;
/// otherwise no effect. `name` is for the report.
///
///     class fake_store : public store {
///       bight::awaitable<void> save(page p) override {
///         bight::testing::check_step("save");
///         pages_.push_back(std::move(p));
///         co_return;
///       }
///       std::vector<page> pages_;
///     };
///
/// Counted in the tasks that the body runs and spawns; not in callbacks or on other threads.
void check_step(std::string_view name);

/// Runs `body()` in virtual time repeatedly: without a failure, then with its first step failing, its second,
/// and so on, until a run completes without failing. After each run `invariant()`, which must hold in any
/// case, is awaited on the same loop.
///
///     const auto steps = bight::testing::fail_at_every_step(
///         [&]() -> awaitable<void> { co_await copy(source, target); },
///         [&]() -> awaitable<void> { EXPECT_TRUE(target.whole() || target.empty()); co_return; });
///
/// Steps are each lookup, connect and accept of a fake_network, each read and write on its streams and on
/// those of with_faults, and each check_step. Exactly one fails per run, with `error`; a stream on which a
/// step failed stays failed, and its peer sees a reset. All others work as usual.
///
/// `body` must create everything anew that a run consumes. A run may end with a result or an error; only the
/// first must succeed. A run that hangs is reported with its waiting tasks. Failures report number and name
/// of the step; the environment variable BIGHT_STEP=N runs only that one (0: the run without a failure).
/// Returns the number of steps tried.
std::size_t fail_at_every_step(
    const std::function<awaitable<void>()>& body, const std::function<awaitable<void>()>& invariant,
    const boost::system::error_code& error = make_error_code(boost::system::errc::connection_reset));

}  // namespace bight::testing
