// What the examples in doc comments of the room net use and do not declare.
#include <array>
#include <bight/core.hpp>
#include <bight/net.hpp>
#include <cstddef>
#include <memory>

namespace net = bight::net;

// ---- network.hpp
extern std::shared_ptr<net::network> network;
