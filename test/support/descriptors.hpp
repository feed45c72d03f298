// What this process has open.
#pragma once
#include <fcntl.h>

namespace bight::test {

/// How many descriptors below 512 are open.
inline int count_descriptors() {
  int all = 0;
  for (int fd = 0; fd != 512; ++fd) all += ::fcntl(fd, F_GETFD) != -1;
  return all;
}

}  // namespace bight::test
