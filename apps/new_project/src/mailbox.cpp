#include "mailbox.hpp"

#include <bight/logging.hpp>
#include <utility>

namespace {
const bight::logging::logger letter_log{"mailbox"};
}

mailbox::mailbox(std::size_t max_letters, std::chrono::milliseconds delivery_time)
    : letters_(max_letters), delivery_time_(delivery_time) {}

bool mailbox::post(std::string letter) {
  return !letters_.is_shut_down() && letters_.try_put(std::move(letter));
}

bight::awaitable<void> mailbox::run() {
  auto each = [this](std::string letter) { return deliver(std::move(letter)); };
  co_await bight::workers(letters_, 1, each);
}

bight::awaitable<void> mailbox::deliver(std::string letter) {
  co_await bight::sleep(delivery_time_);
  ++delivered_;
  letter_log.info("delivered", "size", letter.size(), "left", letters_.size());
}
