// bight::testing: tests of asynchronous code.
#pragma once
#include <bight/testing/actions.hpp>       // CoReturn, CoThrow, CoDo: GoogleMock actions for awaitables
#include <bight/testing/async_test.hpp>    // ASYNC_TEST, ASYNC_TEST_F, ASYNC_TEST_P, CO_ASSERT_*, run_virtual
#include <bight/testing/fake_network.hpp>  // fake_network: a simulated network
#include <bight/testing/faults.hpp>        // with_faults: streams with scripted faults
#include <bight/testing/schedule.hpp>  // for_each_schedule, cancel_at_every_await, shut_down_at_every_await
#include <bight/testing/steps.hpp>     // fail_at_every_step, check_step
#include <bight/testing/virtual_clock.hpp>  // settle, advance, manual_clock
