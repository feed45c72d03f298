#include <bight/core/barrier.hpp>

#include <bight/core/error.hpp>
#include <stdexcept>

namespace bight {

barrier::barrier(std::size_t parties) : parties_(parties) {
  if (parties == 0) throw std::invalid_argument("bight: a barrier needs at least one party");
}

// The last task to arrive wakes the others and does not wait.
bool barrier::wait_awaiter::ready() {
  auto& b = *barrier_;
  broken_ = b.broken_;
  if (broken_) return true;
  index_ = b.waiting_;
  if (b.waiting_ + 1 != b.parties_) return false;
  b.waiting_ = 0;
  for (std::size_t index = 0; auto* const first = static_cast<wait_awaiter*>(b.waiters_.front()); ++index) {
    b.waiters_.remove(*first);
    first->index_ = index;
    first->wake();
  }
  return true;
}

void barrier::wait_awaiter::park() {
  barrier_->waiters_.push_back(*this);
  ++barrier_->waiting_;
}

void barrier::wait_awaiter::leave() noexcept {
  barrier_->waiters_.remove(*this);
  --barrier_->waiting_;
}

std::size_t barrier::wait_awaiter::result() {
  if (broken_)
    throw boost::system::system_error(make_error_code(errc::broken_barrier), "bight: barrier::wait");
  return index_;
}

void barrier::fail_all() noexcept {
  waiting_ = 0;
  while (auto* const first = static_cast<wait_awaiter*>(waiters_.front())) {
    waiters_.remove(*first);
    first->broken_ = true;
    first->wake();
  }
}

void barrier::reset() noexcept {
  broken_ = false;
  fail_all();
}

void barrier::abort() noexcept {
  broken_ = true;
  fail_all();
}

}  // namespace bight
