// use_backend: io_uring or threads.
#pragma once
#include <cstdint>

namespace bight::fs {

/// How operations that would block the loop are executed. Cached data is read in place in any case.
enum class backend : std::uint8_t {
  automatic,  ///< io_uring where the system allows it, threads otherwise.
  uring,      ///< Same, but logs a warning if threads have to be used.
  threads,    ///< At most min(8, 2 x processors) threads, shared by all loops of the process.
};

/// Sets the backend of the running loop for future operations. The environment variable BIGHT_FS=auto, uring
/// or threads takes precedence. Containers and hardened systems often forbid io_uring; apart from speed there
/// is no difference. Builds with BIGHT_WITH_LIBURING=OFF have threads only. Errors: errc::wrong_loop if no
/// loop is running on this thread; std::invalid_argument if BIGHT_FS has another value.
void use_backend(backend wanted);

/// The backend in use by the running loop: uring or threads. Errors: as above.
backend backend_in_use();

}  // namespace bight::fs
