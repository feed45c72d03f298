// bight::http: HTTP client and server.
#pragma once

// Messages
#include <bight/http/body.hpp>     // body: empty, text, file or stream
#include <bight/http/charset.hpp>  // text_decoder, encode_query: texts that are not UTF-8
#include <bight/http/date.hpp>     // dates in headers
#include <bight/http/headers.hpp>  // headers
#include <bight/http/method.hpp>   // method
#include <bight/http/status.hpp>   // status
#include <bight/http/url.hpp>      // url, query_params: WHATWG URLs

// Forms
#include <bight/http/form.hpp>            // form: application/x-www-form-urlencoded
#include <bight/http/multipart.hpp>       // multipart, multipart_reader: forms with files
#include <bight/http/multipart_form.hpp>  // multipart_form, uploaded_file: received forms with files

// Client
#include <bight/http/auth.hpp>              // basic_auth, bearer_auth, digest_auth
#include <bight/http/client.hpp>            // client: connection pool, redirects, limits
#include <bight/http/client_metrics.hpp>    // client_metrics: counters of requests and connections
#include <bight/http/connect_timeline.hpp>  // connect_timeline: how a connection was obtained
#include <bight/http/cookie_jar.hpp>        // cookie_jar: RFC 6265bis, saved and loaded
#include <bight/http/download.hpp>          // download: into a file, resumed where it broke off
#include <bight/http/event_source.hpp>      // event_source: receives server-sent events
#include <bight/http/fetch_all.hpp>         // fetch_all: many URLs at once
#include <bight/http/netrc.hpp>             // netrc: logins from ~/.netrc
#include <bight/http/proxy.hpp>             // proxy_settings: from the environment
#include <bight/http/request.hpp>           // request
#include <bight/http/request_builder.hpp>   // request_builder: what client::get returns
#include <bight/http/response.hpp>          // response
#include <bight/http/sync_client.hpp>       // sync_client: without coroutines
#include <bight/http/transport.hpp>         // transport, client_middleware: mocks, caches, ...

// Server
#include <bight/http/blocking.hpp>         // blocking: handlers that run on threads
#include <bight/http/event_stream.hpp>     // event_stream: sends server-sent events
#include <bight/http/handler.hpp>          // handler, middleware, compose
#include <bight/http/middleware.hpp>       // access_log, cors, compression, rate_limit, ...
#include <bight/http/problem.hpp>          // problem: errors as application/problem+json
#include <bight/http/router.hpp>           // router: handlers by method and path
#include <bight/http/run_server.hpp>       // run_server: a server on all cores, from main
#include <bight/http/server.hpp>           // server
#include <bight/http/server_request.hpp>   // server_request
#include <bight/http/server_response.hpp>  // server_response
#include <bight/http/set_cookie.hpp>       // set_cookie
#include <bight/http/static_files.hpp>     // static_files: serves a directory

// WebSockets
#include <bight/http/reconnecting_websocket.hpp>  // reconnecting_websocket: connects again when it is lost
#include <bight/http/topic.hpp>                   // topic: messages for many WebSockets and event streams
#include <bight/http/websocket.hpp>               // websocket: a connection, of either side
#include <bight/http/websocket_builder.hpp>       // websocket_builder: what client::websocket returns
#include <bight/http/websocket_error.hpp>         // websocket_closed, websocket_refused
#include <bight/http/websocket_options.hpp>       // websocket_options, websocket_deflate
#include <bight/http/websocket_response.hpp>      // websocket_response: a WebSocket of a server

// Errors
#include <bight/http/error.hpp>  // errc
