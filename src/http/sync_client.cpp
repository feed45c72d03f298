#include <bight/http/sync_client.hpp>

#include <bight/core/detail/loop_core.hpp>
#include <bight/core/runner.hpp>
#include <bight/core/sleep.hpp>
#include <stdexcept>

#include "http/client/core.hpp"

namespace bight::http {

namespace detail {

class sync_engine {
 public:
  explicit sync_engine(client_options options)
      : core_(std::make_shared<client_core>(std::move(options))), runner_(quietly()) {}
  sync_engine(const sync_engine&) = delete;
  sync_engine& operator=(const sync_engine&) = delete;
  ~sync_engine() { core_->connections().close_idle(); }

  const std::shared_ptr<client_core>& core() const noexcept { return core_; }
  template <class F>
  auto run(F f) {
    require_no_loop();
    return runner_.run(std::move(f));
  }

  static void require_no_loop() {
    if (bight::detail::this_loop)
      throw std::logic_error(
          "bight: http::sync_client blocks, and this thread runs a loop: use http::client and co_await");
  }

 private:
  static run_options quietly() {
    require_no_loop();
    return {.handle_signals = false};
  }

  std::shared_ptr<client_core> core_;
  runner runner_;
};

}  // namespace detail

std::string sync_response::text() {
  return engine_->run([this] { return response_.text(); });
}

std::string sync_response::bytes() {
  return engine_->run([this] { return response_.bytes(); });
}

std::string_view sync_response::read_piece() {
  return engine_->run([this] { return response_.read_piece(); });
}

std::uint64_t sync_response::save_to(std::filesystem::path file) {
  return engine_->run([&] { return response_.save_to(std::move(file)); });
}

sync_response sync_request::send() && {
  auto call = [this]() -> awaitable<response> {
    co_await yield();  // what happened to kept connections since the last call
    co_return co_await detail::client_core::send(draft_.core, draft_.finish());
  };
  return {engine_, engine_->run(call)};
}

sync_client::sync_client() : sync_client(client_options{}) {}
sync_client::sync_client(client_options options)
    : engine_(std::make_shared<detail::sync_engine>(std::move(options))) {}

sync_request sync_client::request(const http::method& m, std::string_view url) const {
  return {engine_, detail::request_draft{engine_->core(), m, url}};
}

sync_request sync_client::request(const http::method& m, http::url url) const {
  return {engine_, detail::request_draft{engine_->core(), m, std::move(url)}};
}

std::size_t sync_client::connections() const noexcept {
  return engine_->core()->connections().metrics().open;
}

}  // namespace bight::http
