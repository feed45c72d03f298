// bight::testing_http: tests of programs that use HTTP.
#pragma once
#include <bight/testing_http/mock_http.hpp>  // mock_http: the answers of servers that a client does not reach
#include <bight/testing_http/websocket_pair.hpp>  // websocket_pair: two WebSockets in memory
