// What the examples in doc comments of the room net use and do not declare.
#include <array>
#include <bight/core.hpp>
#include <bight/net.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace net = bight::net;
using namespace std::chrono_literals;

extern net::stream s;

// ---- stream.hpp
extern std::string head;
extern std::string body;

// ---- tls.hpp
extern const net::tls_server_context context;

// ---- proxy_protocol.hpp
extern const net::tls_server_context context;
extern net::listener listener;
extern const net::tls_server_context context;

// ---- network.hpp
extern std::shared_ptr<net::network> network;
