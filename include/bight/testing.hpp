// bight::testing: tests of asynchronous code, without waiting.
#pragma once
#include <bight/testing/async_test.hpp>  // ASYNC_TEST, CO_ASSERT_*, run_virtual
