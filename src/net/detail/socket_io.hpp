// One Asio socket operation as an awaiter: no allocation, and its handler resumes the coroutine directly.
#pragma once
#include <bight/asio.hpp>
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/loop_guest.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace bight::net::detail {

using executor = boost::asio::io_context::executor_type;
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

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

/// What a socket and its operations in flight share. A handler keeps it alive: a frame may be destroyed with
/// its loop while Asio still knows the operation, whose memory is therefore here and not in the frame.
class io_state : public bight::detail::loop_guest {
 public:
  io_state() : loop_guest(bight::detail::require_loop()) {}
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

/// One direction of a socket: at most one operation at a time.
struct io_side {
  operation_memory memory;
  pending_operation* pending = nullptr;
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
  boost::intrusive_ptr<io_state> state;
  io_side* side;
};

/// How an operation ended.
struct io_outcome {
  boost::system::error_code error;
  std::size_t size = 0;
  bool cancelled = false;  ///< The error answers a cancellation of the awaiting task.

  /// An abort that was meant for the operation in the other direction.
  bool must_restart() const noexcept { return error == boost::asio::error::operation_aborted && !cancelled; }
};

/// Awaits one operation. `Start(handler)` starts it, `Cancel()` makes it end with operation_aborted; both are
/// callables that hold references only.
template <class Start, class Cancel>
class socket_operation final : public basic_awaiter<socket_operation<Start, Cancel>>,
                               private pending_operation {
 public:
  socket_operation(const char* name, io_state& owner, io_side& side, Start start, Cancel cancel)
      : name_(name), state_(&owner), side_(&side), start_(start), cancel_(cancel) {}
  socket_operation(const socket_operation&) = delete;
  socket_operation& operator=(const socket_operation&) = delete;
  ~socket_operation() {
    if (!this->parked()) return;
    side_->pending = nullptr;
    --this->loop().external_work;
  }
  const char* waiting_for() const noexcept override { return name_; }

 private:
  friend class basic_awaiter<socket_operation>;
  bool ready() override { return false; }
  void park() override {
    if (side_->pending) throw std::logic_error(std::string{"bight: two tasks at a time in "} + name_);
    start_(io_handler{boost::intrusive_ptr<io_state>{state_}, side_});
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
    const bight::detail::bridge_entry entry{loop};
    --loop.external_work;
    // Without the place in Asio that made it, which would be part of every message.
    outcome_.error = boost::system::error_code{ec.value(), ec.category()};
    outcome_.size = n;
    this->wake_in_place();
  }
  io_outcome result() {
    if (outcome_.cancelled && outcome_.error == boost::asio::error::operation_aborted)
      this->throw_if_cancelled();
    return outcome_;
  }

  const char* name_;
  io_state* state_;
  io_side* side_;
  Start start_;
  Cancel cancel_;
  io_outcome outcome_;
};

/// The executor of the running loop.
inline executor loop_executor() {
  return bight::detail::context_of(bight::detail::require_loop()).get_executor();
}

}  // namespace bight::net::detail
