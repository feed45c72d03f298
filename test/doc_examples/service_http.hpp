// What the examples in doc comments of the room service_http use and do not declare.
#include <bight/core.hpp>
#include <bight/net.hpp>
#include <bight/service.hpp>
#include <bight/service_http.hpp>

namespace net = bight::net;
