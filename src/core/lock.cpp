#include <bight/core/lock.hpp>

#include <stdexcept>

namespace bight {

void lock::release() {
  if (!locked_) throw std::logic_error("bight: lock::release: it is not locked");
  pass_on();
}

}  // namespace bight
