// bight::testing_http: tests of programs that use HTTP.
#pragma once
#include <bight/testing_http/mock_http.hpp>  // mock_http: the answers of servers that a client does not reach
