// bight::testing: tests of asynchronous code, without waiting.
#pragma once
#include <bight/testing/actions.hpp>     // CoReturn, CoThrow, CoDo: GoogleMock actions for awaitables
#include <bight/testing/async_test.hpp>  // ASYNC_TEST, ASYNC_TEST_F, ASYNC_TEST_P, CO_ASSERT_*, run_virtual
#include <bight/testing/schedule.hpp>    // for_each_schedule, cancel_at_every_await, shut_down_at_every_await
