// Middleware for servers.
//
//     std::vector<http::middleware> around;                    // the first is the outermost
//     around.push_back(http::trusted_proxies());               // who is the client?
//     around.push_back(http::access_log());                    // observers
//     around.push_back(http::cors(std::move(origins)));        // answers without credentials
//     around.push_back(http::basic_authentication(users));     // refusals
//     around.push_back(http::conditional_requests());          // changes of the response
//     around.push_back(http::compression());
//     http::server server{http::compose(std::move(around), std::move(routes))};
//
// Each function returns a middleware for one loop. If the handler throws, the response is made by the server:
// middleware does not see it, except in after_response.
#pragma once

// Observing
#include <bight/http/middleware/access_log.hpp>       // access_log: common, combined, JSON lines
#include <bight/http/middleware/request_id.hpp>       // request_ids
#include <bight/http/middleware/request_metrics.hpp>  // request_metrics: counts and durations

// Who asks
#include <bight/http/middleware/authentication.hpp>   // basic_authentication, bearer_authentication
#include <bight/http/middleware/trusted_proxies.hpp>  // trusted_proxies, is_secure: X-Forwarded-For, Forwarded

// Refusing
#include <bight/http/middleware/allowed_hosts.hpp>  // allowed_hosts
#include <bight/http/middleware/limits.hpp>         // body_limit, request_timeout
#include <bight/http/middleware/rate_limit.hpp>     // rate_limit: per client

// Changing
#include <bight/http/middleware/compression.hpp>           // compression: gzip, brotli, zstd
#include <bight/http/middleware/conditional_requests.hpp>  // conditional_requests: ETag, 304
#include <bight/http/middleware/cors.hpp>                  // cors
#include <bight/http/middleware/decompression.hpp>         // decompression: compressed request bodies
#include <bight/http/middleware/security_headers.hpp>      // security_headers
