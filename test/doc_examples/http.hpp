// What the examples in doc comments of the room http use and do not declare.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <iostream>
#include <string>

namespace http = bight::http;
namespace net = bight::net;

// ---- request.hpp
extern http::client client;

// ---- response.hpp
extern http::client client;
extern const http::url url;

// ---- url.hpp
extern http::url u;
