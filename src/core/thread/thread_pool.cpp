#include <bight/core/thread_pool.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "core/thread/thread_pool_core.hpp"

namespace bight {

thread_pool::thread_pool(const thread_pool_options& options) {
  constexpr std::size_t longest_name = 15;  // pthread_setname_np(3)
  std::string name = options.name;
  if (name.size() > longest_name)
    throw std::invalid_argument("bight: thread_pool: the name \"" + name + "\" has more than 15 characters");
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  core_ = std::make_shared<detail::thread_pool_core>(
      options.max_threads == 0 ? processors : options.max_threads, std::move(name));
}

thread_pool::~thread_pool() { core_->end(); }

std::size_t thread_pool::threads() const noexcept { return core_->limit(); }
std::size_t thread_pool::waiting() const { return core_->waiting(); }
std::size_t thread_pool::running() const { return core_->running(); }

}  // namespace bight
