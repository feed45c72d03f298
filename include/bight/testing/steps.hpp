// fail_at_every_step, check_step: whatever can fail fails once.
#pragma once
#include <bight/core/awaitable.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <string_view>

namespace bight::testing {

/// A place in a fake of your own that may fail: throws system_error when it is its turn under
/// fail_at_every_step, and does nothing otherwise. `name` is for the report.
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
/// Counts in the tasks that the body runs and spawns; not in callbacks, which are no tasks, and not on other
/// threads.
void check_step(std::string_view name);

/// Runs `body()` in virtual time again and again: without a failure; then so that its first step fails, its
/// second, and so on, until a run ends before its turn. After each run `invariant()` is awaited on the same
/// loop: what must hold whatever failed.
///
///     const auto steps = bight::testing::fail_at_every_step(
///         [&]() -> awaitable<void> { co_await copy(source, target); },
///         [&]() -> awaitable<void> { EXPECT_TRUE(target.whole() || target.empty()); co_return; });
///
/// Steps are each look-up, connect and accept of a fake_network, each read and write of its streams and of
/// those of with_faults, and each check_step. Exactly one fails in a run, with `error`; a stream on which one
/// failed stays so, and its peer sees a reset. Others go on as usual.
///
/// `body` makes everything anew that a run uses up. A run may end with a result or an error, only the first
/// one must succeed; a run that hangs is reported with who waits. Failures tell number and name of the step:
/// the environment variable BIGHT_STEP=N runs that one alone (0: the run without a failure).
/// Returns how many steps were tried.
std::size_t fail_at_every_step(
    const std::function<awaitable<void>()>& body, const std::function<awaitable<void>()>& invariant,
    const boost::system::error_code& error = make_error_code(boost::system::errc::connection_reset));

}  // namespace bight::testing
