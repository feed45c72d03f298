// bight::api: one declaration of an operation for the server, the OpenAPI document, clients and tests.
#pragma once

#include <bight/api/client.hpp>           // client: calls operations
#include <bight/api/decoding_limits.hpp>  // decoding_limits: of requests
#include <bight/api/dependency.hpp>       // dependency: a value made per request
#include <bight/api/invalid_input.hpp>    // invalid_input: all that is wrong with a request
#include <bight/api/json.hpp>             // from_json, to_json: with constraints
#include <bight/api/operation.hpp>        // get, post, put, patch, delete_: operations
#include <bight/api/parameter.hpp>        // path, query, header, cookie, body
#include <bight/api/problem.hpp>          // problem: an error, to a client
#include <bight/api/router.hpp>           // router: operations and their handlers
#include <bight/api/schema.hpp>           // schema, field: constraints of a described type
