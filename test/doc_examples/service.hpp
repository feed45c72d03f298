// What the examples in doc comments of the room service use and do not declare. Nothing here is defined: they
// are compiled and not linked.
#include <bight/core.hpp>
#include <bight/net.hpp>
#include <bight/service.hpp>
#include <functional>
#include <string>
#include <utility>

using namespace std::chrono_literals;
namespace net = bight::net;

struct letter {};
bight::awaitable<void> send(letter l);
bight::awaitable<void> talk(net::stream s);
bight::awaitable<void> remove_old_files();
bight::awaitable<void> send_report();
bight::awaitable<void> send_invoices();

// ---- as_service.hpp
extern bight::service_host host;
extern net::server admin;

// ---- host.hpp
struct database {
  bight::awaitable<void> run();
};
extern database store;
bight::awaitable<void> migrate();
struct worker {
  bight::awaitable<void> run();
};
extern net::server server;
net::listener open();

// ---- job.hpp
extern bight::service_host host;
