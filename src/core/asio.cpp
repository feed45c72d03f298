#include <bight/asio.hpp>

#include <fmt/format.h>
#include <bight/core/error.hpp>
#include <new>
#include <stdexcept>

#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {
namespace {

// Owns the loop of a foreign context, and releases it if the context is destroyed first.
class loop_service final : public boost::asio::execution_context::service {
 public:
  using key_type = loop_service;
  inline static boost::asio::execution_context::id id;

  explicit loop_service(boost::asio::execution_context& context)
      : service(context),
        impl_(std::make_shared<loop_impl>(loop_options{}, &static_cast<boost::asio::io_context&>(context))),
        loop_(asio_access::make(impl_)) {}
  loop_impl& impl() noexcept { return *impl_; }

 private:
  // Frames may hold sockets of this context, so they are destroyed while its services exist.
  void shutdown() noexcept override { impl_->close(); }

  std::shared_ptr<loop_impl> impl_;
  loop loop_;
};

}  // namespace

loop_core& loop_on(boost::asio::io_context& io, asio_configuration unit) {
  constexpr auto ours = asio_configuration::of_this_unit();
  if (unit.boost_version != ours.boost_version || unit.layout != ours.layout) {
    throw boost::system::system_error(
        make_error_code(errc::configuration),
        fmt::format(
            "bight: built with Boost {} and Asio macros {:#x}, but the program with Boost {} and {:#x}",
            ours.boost_version, ours.layout, unit.boost_version, unit.layout));
  }
  return boost::asio::use_service<loop_service>(io).impl();
}

loop_core& core_of(loop& l) noexcept { return asio_access::impl(l); }
boost::asio::io_context& context_of(loop_core& loop) noexcept { return static_cast<loop_impl&>(loop).io(); }

void throw_no_io_context() {
  throw std::invalid_argument("bight: co_spawn: the any_io_executor is not that of an io_context");
}

void spawn_link::cancel() {
  class request final : public loop_message {
   public:
    explicit request(std::shared_ptr<spawn_link> to) noexcept : to_(std::move(to)) {}
    void delivered() noexcept override { to_->cancel_here(); }

   private:
    std::shared_ptr<spawn_link> to_;
  };
  send(*mail_, std::make_shared<request>(shared_from_this()));
}

void spawn_link::begun() {
  begun_ = true;
  if (wanted_) cancel_here();
}

void spawn_link::cancel_here() noexcept {
  wanted_ = true;
  if (begun_ && task_.valid()) task_.cancel();
}

bridge_entry::bridge_entry(loop_core& loop) {
  static_assert(sizeof(loop_entry) <= sizeof(storage_) && alignof(loop_entry) <= alignof(void*));
  ::new (static_cast<void*>(storage_)) loop_entry{loop};
}
bridge_entry::~bridge_entry() { std::launder(reinterpret_cast<loop_entry*>(storage_))->~loop_entry(); }

}  // namespace bight::detail
