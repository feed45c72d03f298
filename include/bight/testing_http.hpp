// bight::testing_http: tests of programs that use HTTP.
#pragma once
#include <bight/testing_http/mock_http.hpp>  // mock_http: the answers of servers that a client does not reach
#include <bight/testing_http/test_client.hpp>     // test_client: a client of a server that runs in memory
#include <bight/testing_http/websocket_pair.hpp>  // websocket_pair: two WebSockets in memory
