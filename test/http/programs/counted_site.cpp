// counted_site: a server that counts the memory that it allocates. "/count" answers how often it has called
// malloc and its kin. Prints its port.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

unsigned long allocations = 0;

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Those of glibc, which operator new calls, too.
extern "C" {
void* __libc_malloc(std::size_t size);                           // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size);        // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* memory, std::size_t size);            // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT(bugprone-reserved-identifier)

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
}
#endif

namespace {

using namespace bight;

// Texts of up to 15 characters are in the string itself.
awaitable<http::server_response> hello(http::server_request&) {
  co_return http::server_response{200, "hello"};
}

awaitable<http::server_response> typed(http::server_request&) {
  http::server_response r{200, "hello"};
  r.headers().append(http::header_id::content_type, "text/plain");
  co_return r;
}

// The string is the handler's.
awaitable<http::server_response> kibibyte(http::server_request&) {
  co_return http::server_response{200, std::string(1024, 'x')};
}

http::handler make_site() {
  http::router site;
  site.get("/", hello);
  site.get("/typed", typed);
  site.get("/kib", kibibyte);
  site.get("/items/{id:int}", hello);
  site.get("/count", [] { return std::to_string(allocations); });
  return site;
}

awaitable<void> serve() {
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  std::cout << "port " << listener.local_endpoint().port() << std::endl;
  http::server server{make_site()};
  co_await server.serve(std::move(listener));
}

}  // namespace

int main() { run(serve); }
