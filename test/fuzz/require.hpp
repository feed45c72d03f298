// What must hold for every input of a fuzzer.
#pragma once
#include <cstdlib>

/// Ends the program, which the fuzzer reports with its input, unless `holds`.
inline void require(bool holds) {
  if (!holds) std::abort();
}
