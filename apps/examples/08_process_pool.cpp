// Worker processes for computations, or for code that may crash.
//
//     with ProcessPoolExecutor() as pool:                                             # Python
//         primes = await loop.run_in_executor(pool, count_primes, 1000)
#include <bight/core.hpp>
#include <cstdlib>
#include <iostream>

// Process functions are identified by name; they take and return bytes.
const bight::process_function count_primes{"count_primes", [](const std::string& below) {
                                             int found = 0;
                                             for (int n = 2; n < std::stoi(below); ++n) {
                                               bool prime = true;
                                               for (int d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
                                               found += prime ? 1 : 0;
                                             }
                                             return std::to_string(found);
                                           }};
const bight::process_function crash{"crash",
                                    [](const std::string&) -> std::string { std::_Exit(EXIT_FAILURE); }};

bight::awaitable<void> program() {
  bight::process_pool pool{{.max_workers = 2}};
  const auto [a, b] =
      co_await bight::gather(pool.call(count_primes, "1000"), pool.call(count_primes, "10000"));
  std::cout << a << " primes below 1000, " << b << " below 10000\n";

  try {
    co_await pool.call(crash, "");
  } catch (const bight::worker_died& e) { std::cout << "a worker died: " << e.status().describe() << '\n'; }
  try {
    co_await pool.call(count_primes, "many");
  } catch (const bight::remote_error& e) { std::cout << "the function threw: " << e.message() << '\n'; }

  const auto c = co_await pool.call(count_primes, "100");  // on another worker
  std::cout << c << " primes below 100\n";
  co_await pool.close();
}

int main() {
  bight::process_pool::serve_if_worker();  // workers run this program, too
  return bight::run_main(program);
}
