// bight::http: client, server and their vocabulary, by topic.
#pragma once

// Messages
#include <bight/http/body.hpp>     // body: nothing, text, a file or a stream
#include <bight/http/date.hpp>     // dates of HTTP fields
#include <bight/http/headers.hpp>  // headers: the flat header table
#include <bight/http/method.hpp>   // method
#include <bight/http/status.hpp>   // status
#include <bight/http/url.hpp>      // url, query_params: WHATWG URLs

// Client
#include <bight/http/client.hpp>     // client: pooled connections, redirects, limits
#include <bight/http/request.hpp>    // request
#include <bight/http/response.hpp>   // response: a body read on demand
#include <bight/http/transport.hpp>  // transport, client_middleware: mocks, and what stands around calls

// Server
#include <bight/http/handler.hpp>          // handler, middleware, compose
#include <bight/http/server.hpp>           // server
#include <bight/http/server_request.hpp>   // server_request
#include <bight/http/server_response.hpp>  // server_response
#include <bight/http/static_files.hpp>     // static_files: a folder as a site

// Errors
#include <bight/http/error.hpp>  // errc
