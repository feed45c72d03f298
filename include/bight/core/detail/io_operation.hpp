// An Asio operation on a descriptor as an awaiter, without allocation; its handler resumes the coroutine
// directly.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/bridge_entry.hpp>
#include <bight/core/detail/loop_guest.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace bight::detail {

/// The loop that runs on this thread. Throws errc::wrong_loop if there is none.
loop_core& require_loop();

/// Memory for one Asio operation.
class operation_memory {
 public:
  operation_memory() = default;
  operation_memory(const operation_memory&) = delete;
  operation_memory& operator=(const operation_memory&) = delete;

  void* allocate(std::size_t size) {
    if (size <= sizeof storage_ && !std::exchange(used_, true)) return storage_;
    return ::operator new(size);
  }
  void deallocate(void* p) noexcept {
    if (p == storage_)
      used_ = false;
    else
      ::operator delete(p);
  }

 private:
  alignas(std::max_align_t) std::byte storage_[256];
  bool used_ = false;
};

template <class T>
class operation_allocator {
 public:
  using value_type = T;
  explicit operation_allocator(operation_memory& memory) noexcept : memory_(&memory) {}
  template <class U>
  operation_allocator(const operation_allocator<U>& other) noexcept : memory_(other.memory()) {}
  T* allocate(std::size_t n) { return static_cast<T*>(memory_->allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) noexcept { memory_->deallocate(p); }
  operation_memory* memory() const noexcept { return memory_; }
  friend bool operator==(const operation_allocator&, const operation_allocator&) = default;

 private:
  operation_memory* memory_;
};

class pending_operation;

/// The state shared by a descriptor and its operations in flight. Handlers keep it alive: a frame may be
/// destroyed with its loop while Asio still uses the memory of the operation, which is therefore stored here.
class io_state : public loop_guest {
 public:
  io_state() : loop_guest(require_loop()) {}
  io_state(const io_state&) = delete;
  io_state& operator=(const io_state&) = delete;
  virtual ~io_state() = default;

  friend void intrusive_ptr_add_ref(io_state* s) noexcept { ++s->references_; }
  friend void intrusive_ptr_release(io_state* s) noexcept {
    if (--s->references_ == 0) delete s;
  }

 private:
  unsigned references_ = 0;
};

/// A reference that counts.
class io_state_keeper {
 public:
  explicit io_state_keeper(io_state& s) noexcept : state_(&s) { intrusive_ptr_add_ref(state_); }
  io_state_keeper(const io_state_keeper& other) noexcept : io_state_keeper(*other.state_) {}
  io_state_keeper(io_state_keeper&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  io_state_keeper& operator=(io_state_keeper other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~io_state_keeper() {
    if (state_) intrusive_ptr_release(state_);
  }

 private:
  io_state* state_;
};

/// One direction of a descriptor: at most one operation at a time.
struct io_slot {
  pending_operation* pending = nullptr;
};
struct io_side : io_slot {
  operation_memory memory;
};

/// The part of an operation that its handler reaches.
class pending_operation {
 public:
  virtual void completed(const boost::system::error_code& ec, std::size_t n) = 0;

 protected:
  ~pending_operation() = default;
};

struct io_handler {
  using allocator_type = operation_allocator<void*>;
  allocator_type get_allocator() const noexcept { return allocator_type{side->memory}; }
  void operator()(const boost::system::error_code& ec, std::size_t n = 0) const {
    if (auto* const p = std::exchange(side->pending, nullptr)) p->completed(ec, n);
  }
  io_state_keeper state;
  io_side* side;
};

inline io_handler handler_of(io_state& state, io_side& side) noexcept {
  return {io_state_keeper{state}, &side};
}

/// Whether it is Asio's operation_aborted.
inline bool is_abort(const boost::system::error_code& ec) noexcept {
  return ec.value() == ECANCELED && ec.category() == boost::system::system_category();
}

/// How an operation ended.
struct io_outcome {
  boost::system::error_code error;
  std::size_t size = 0;
  bool cancelled = false;  ///< The error answers a cancellation of the awaiting task.

  /// An abort that was meant for the operation in the other direction.
  bool must_restart() const noexcept { return is_abort(error) && !cancelled; }
};

/// Awaits one operation. `Start(handler_of(owner, side))` starts it, `Cancel()` makes it end with
/// operation_aborted; both are callables that hold references only.
template <class Start, class Cancel, class Side>
class io_operation final : public basic_awaiter<io_operation<Start, Cancel, Side>>,
                           private pending_operation {
 public:
  io_operation(const char* name, io_state& owner, Side& side, Start start, Cancel cancel)
      : name_(name), state_(&owner), side_(&side), start_(start), cancel_(cancel) {}
  io_operation(const io_operation&) = delete;
  io_operation& operator=(const io_operation&) = delete;
  ~io_operation() {
    if (!this->parked()) return;
    side_->pending = nullptr;
    --this->loop().external_work;
  }
  const char* waiting_for() const noexcept override { return name_; }

 private:
  friend class basic_awaiter<io_operation>;
  bool ready() override { return false; }
  void park() override {
    if (side_->pending) throw std::logic_error(std::string{"bight: concurrent use by two tasks: "} + name_);
    start_(handler_of(*state_, *side_));
    side_->pending = this;  // a handler is never called inside the start
    ++this->loop().external_work;
  }
  bool unpark() noexcept override {
    outcome_.cancelled = true;
    cancel_();
    return false;
  }
  void completed(const boost::system::error_code& ec, std::size_t n) override {
    auto& loop = this->loop();
    const bridge_entry entry{loop};
    --loop.external_work;
    // Without Asio's source location, which would be part of every message.
    outcome_.error = boost::system::error_code{ec.value(), ec.category()};
    outcome_.size = n;
    this->wake_in_place();
  }
  io_outcome result() {
    if (outcome_.cancelled && is_abort(outcome_.error)) this->throw_if_cancelled();
    return outcome_;
  }

  const char* name_;
  io_state* state_;
  Side* side_;
  Start start_;
  Cancel cancel_;
  io_outcome outcome_;
};

}  // namespace bight::detail
