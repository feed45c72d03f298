// bight::api: one declaration of an operation for the server, the OpenAPI document, clients and tests.
#pragma once

#include <bight/api/client.hpp>           // client: calls operations
#include <bight/api/content.hpp>          // content: a result that is not JSON
#include <bight/api/decoding_limits.hpp>  // decoding_limits: of requests
#include <bight/api/dependency.hpp>       // dependency: a value made per request
#include <bight/api/invalid_input.hpp>    // invalid_input: all that is wrong with a request
#include <bight/api/json.hpp>             // from_json, to_json: with constraints
#include <bight/api/jwt.hpp>              // jwt_verifier, issue_jwt: signed tokens
#include <bight/api/operation.hpp>        // get, post, put, patch, delete_: operations
#include <bight/api/page.hpp>             // page: a part of a long list
#include <bight/api/parameter.hpp>        // path, query, header, cookie, body, form, file
#include <bight/api/problem.hpp>          // problem: an error, to a client; error: one with a body
#include <bight/api/reply.hpp>            // reply: a body with a status of its own
#include <bight/api/router.hpp>           // router: operations and their handlers
#include <bight/api/schema.hpp>           // schema, field, one_of: constraints of a described type
#include <bight/api/security.hpp>         // api_key, oauth2, authorized: who asks
#include <bight/api/stream.hpp>           // lines, events: results that arrive item by item
#include <bight/api/upload.hpp>           // upload: a file of a form
