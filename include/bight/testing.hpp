// bight::testing: tests of asynchronous code, without waiting.
#pragma once
#include <bight/testing/actions.hpp>       // CoReturn, CoThrow, CoDo: GoogleMock actions for awaitables
#include <bight/testing/async_test.hpp>    // ASYNC_TEST, ASYNC_TEST_F, ASYNC_TEST_P, CO_ASSERT_*, run_virtual
#include <bight/testing/fake_network.hpp>  // fake_network: names, connects, listeners without the system
#include <bight/testing/faults.hpp>        // with_faults: splits, delays, resets where a script says
#include <bight/testing/schedule.hpp>  // for_each_schedule, cancel_at_every_await, shut_down_at_every_await
#include <bight/testing/steps.hpp>     // fail_at_every_step, check_step: whatever can fail fails once
#include <bight/testing/virtual_clock.hpp>  // settle, advance, manual_clock: time that the test moves
