// What the examples in doc comments of the room http use and do not declare.
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <cstdint>
#include <iostream>
#include <string>

namespace http = bight::http;
namespace net = bight::net;

// ---- body.hpp
extern bight::fs::file file;
constexpr std::uint64_t size = 100;

// ---- server_response.hpp
extern const http::server_request request;

// ---- transport.hpp
extern http::client client;

// ---- request.hpp
extern http::client client;

// ---- response.hpp
extern http::client client;
extern const http::url url;

// ---- url.hpp
extern http::url u;
