// What the examples in doc comments of the room core use and do not declare. Nothing here is defined: they
// are compiled and not linked.
#include <bight/core.hpp>
#include <bight/net.hpp>
#include <csignal>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;
namespace net = bight::net;

struct page {
  std::string text;
};
struct job {
  int priority = 0;
  auto operator<=>(const job&) const = default;
};
struct http_client {
  bight::awaitable<page> get(std::string url);
};
struct database {
  bight::awaitable<void> rollback();
  bight::awaitable<void> rollback_if_open();
  bight::awaitable<void> put(const page& p);
};

extern http_client client;
extern database db;
extern database store;
extern const std::string url;
extern const std::string first;
extern const std::string second;
extern const std::vector<std::string> urls;
extern bight::retry_policy policy;
extern bight::queue<job> jobs;
extern bight::queue<job> queue;
extern std::vector<bight::task<page>> tasks;

bight::awaitable<page> fetch(std::string url);
bight::awaitable<void> transfer(database& db);
bight::awaitable<void> handle(job j);
bight::awaitable<void> hello();
bight::awaitable<void> program();
template <class T>
void use(const T& value);
template <class... T>
void log(const T&... values);

// ---- awaiter.hpp
struct hall;
struct guest;

// ---- broadcast.hpp
struct event {};
extern event e;

// ---- reader.hpp
extern bight::subprocess child;
extern net::stream stream;
void print(const std::string& line);

// ---- unique_function.hpp
extern std::unique_ptr<database> connection;
bight::awaitable<void> talk(database& with, net::stream s);

// ---- barrier.hpp
void prepare_the_next_phase();

// ---- command.hpp
extern const std::string source;
extern const std::string folder;

// ---- condition.hpp
extern std::vector<job> jobs;

// ---- exception_group.hpp
extern bight::task<page> t;

// ---- finally.hpp
extern std::span<std::byte> buffer;

// ---- future.hpp
void legacy_request(std::function<void(int)> when_done);

// ---- generator.hpp
struct row {};
struct table {
  int pages() const;
  bight::awaitable<std::vector<row>> fetch(int page);
};
extern table t;

// ---- loop_handle.hpp
extern bight::shard me;
bight::awaitable<std::size_t> cache_size();

// ---- metrics.hpp
struct connection {
  bight::awaitable<void> send(std::string text);
};
extern connection reply;
extern bight::clock::time_point begin;

// ---- pool.hpp
struct session {
  bight::awaitable<bool> ping();
  bight::awaitable<void> query(std::string_view text);
};
extern const std::string address;
bight::awaitable<session> open_session(std::string address);

// ---- process_pool.hpp
std::string smaller(std::string image);
extern std::string image;
extern const bight::process_function resize;

// ---- queue.hpp
extern job next;

// ---- race.hpp
struct connection {};
bight::awaitable<connection> dial(std::string address);
extern const std::string primary;
extern const std::string secondary;
extern std::vector<connection> spare;
extern net::listener listener;
extern bight::event stopping;
void serve(net::stream s);

// ---- rate_limiter.hpp
extern bight::rate_limiter limiter;
void schedule(job j, bight::clock::time_point when);
extern job next;

// ---- readiness.hpp
struct foreign_connection;
extern foreign_connection* connection;
bool finished(foreign_connection* c);
int descriptor_of(foreign_connection* c);
void take_input(foreign_connection* c);

// ---- retry.hpp
extern std::exception_ptr error;

// ---- runner.hpp
struct connection {};
bight::awaitable<connection> connect(std::string host);
bight::awaitable<void> talk(connection& c);

// ---- settled.hpp
void complain(std::exception_ptr error);

// ---- sharded.hpp
bight::awaitable<void> serve_shard(bight::shard me);
bight::awaitable<void> report_statistics();
extern net::endpoint where;

// ---- shared_queue.hpp
struct sample {};
extern bool on;
sample read();

// ---- spawn_options.hpp
extern bight::task_group& group;

// ---- supervised_group.hpp
extern net::listener listener;
bight::awaitable<void> chat(net::stream client);

// ---- task_group.hpp
extern bight::task_group& group;
bight::awaitable<void> serve(bight::task_status<std::uint16_t> status);

// ---- task_local.hpp
bight::awaitable<void> handle();

// ---- thread_pool.hpp
struct picture {};
extern picture image;
picture resize(const picture& image, int width);

// ---- timeout.hpp
bight::awaitable<void> transfer_all();
bight::awaitable<void> handshake();
bight::awaitable<void> talk();

// ---- to_thread.hpp
std::string hash_file(std::string path);
extern const std::string path;

// ---- watch.hpp
struct config {};
config load();
void apply(const config& c);

// ---- workers.hpp
bight::awaitable<void> produce(bight::queue<job>& jobs);
