// bench_fs [CASE [N]]: files in a scratch folder, beside what the system calls and stdio cost. The cases are
// in fs/; TMPDIR says where the folder is made.
#include <bight/core/run.hpp>
#include <bight/fs.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/fs/cases.hpp"

int main(int count, char** arguments) {
  using namespace bench;
  const std::string_view wanted = count > 1 ? arguments[1] : "";
  const long n = count > 2 ? std::atol(arguments[2]) : 0;
  const std::array all{page_cases(), line_cases(), cold_cases(), whole_file_cases(), folder_cases()};
  bool found = false;
  for (const auto& part : all)
    for (const auto& c : part) {
      if (!wanted.empty() && wanted != c.name) continue;
      found = true;
      bight::run(c.run, n > 0 ? n : c.n);
    }
  if (found) return 0;
  std::fputs("usage: bench_fs [CASE [N]], CASE one of:", stderr);
  for (const auto& part : all)
    for (const auto& c : part) std::fprintf(stderr, " %s", c.name);
  std::fputc('\n', stderr);
  return 2;
}
