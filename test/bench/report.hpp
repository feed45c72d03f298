// Timing and the JSON line that every benchmark prints.
#pragma once
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace bench {

struct cpu_times {
  double user = 0;
  double system = 0;
  long switches = 0;  ///< From thread to thread, by will or not.
  static cpu_times now() {
    rusage r{};
    getrusage(RUSAGE_SELF, &r);
    return {seconds(r.ru_utime), seconds(r.ru_stime), r.ru_nvcsw + r.ru_nivcsw};
  }

 private:
  static double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  }
};

/// Resident memory of this process, in bytes.
inline long resident_bytes() {
  long total = 0;
  long resident = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(f);
  }
  return resident * sysconf(_SC_PAGESIZE);
}

/// Measures from construction.
class stopwatch {
 public:
  /// One JSON object; `more` is appended inside it, as in `,"key":1`.
  void report(const char* name, long ops, const std::string& more = {}) const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    const auto cpu = cpu_times::now();
    const auto n = static_cast<double>(ops);
    std::printf(
        "{\"bench\":\"%s\",\"ops\":%ld,\"seconds\":%.6f,\"rate\":%.1f,\"user_us_per_op\":%.5f,\"sys_us_per_"
        "op\":%.5f,\"switches_per_op\":%.4f%s}\n",
        name, ops, seconds, n / seconds, (cpu.user - cpu_.user) * 1e6 / n,
        (cpu.system - cpu_.system) * 1e6 / n, static_cast<double>(cpu.switches - cpu_.switches) / n,
        more.c_str());
    std::fflush(stdout);
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  cpu_times cpu_ = cpu_times::now();
};

}  // namespace bench
