// use_backend: what carries out the work on files.
#pragma once
#include <cstdint>

namespace bight::fs {

/// Who carries out what would block the loop. What the page cache holds is read in place in any case.
enum class backend : std::uint8_t {
  automatic,  ///< io_uring where the system allows it, threads otherwise.
  uring,      ///< The same; says so in the log, as a warning, if it has to be threads.
  threads,    ///< At most min(8, 2 x processors) threads, shared by all loops of the process.
};

/// Chooses for the running loop, from the next operation on. The environment goes before it: BIGHT_FS=auto,
/// BIGHT_FS=uring or BIGHT_FS=threads. Containers and hardened systems often forbid io_uring; nothing but
/// speed differs. A build with BIGHT_WITH_LIBURING=OFF has threads only. Errors: errc::wrong_loop if no loop
/// runs on this thread; std::invalid_argument if BIGHT_FS has another value.
void use_backend(backend wanted);

/// What the running loop uses: uring or threads. Errors: as above.
backend backend_in_use();

}  // namespace bight::fs
