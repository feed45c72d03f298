// A custom awaitable for a callback-based library. unpark() removes the callback on cancellation.
//
//     future = loop.create_future(); ticker.subscribe(future.set_result)           # Python
#include <bight/core.hpp>
#include <functional>
#include <iostream>
using namespace std::chrono_literals;

class ticker {  // a callback-based library
 public:
  void on_next(std::function<void(int)> callback) { callback_ = std::move(callback); }
  void publish(int price) {
    if (auto callback = std::exchange(callback_, nullptr)) callback(price);
  }

 private:
  std::function<void(int)> callback_;
};

class next_price final : public bight::basic_awaiter<next_price> {
 public:
  explicit next_price(ticker& t) : ticker_(&t) {}
  next_price(next_price&&) = default;
  ~next_price() {
    if (parked()) ticker_->on_next(nullptr);  // the loop ends during the wait
  }
  const char* waiting_for() const noexcept override { return "next_price"; }

 private:
  friend class bight::basic_awaiter<next_price>;
  bool ready() override { return false; }  // always waits
  void park() override {
    ticker_->on_next([this](int price) {
      price_ = price;
      wake();
    });
  }
  bool unpark() noexcept override {  // the task is cancelled
    ticker_->on_next(nullptr);
    return true;
  }
  int result() { return price_; }

  ticker* ticker_;
  int price_ = 0;
};

bight::awaitable<void> program() {
  ticker prices;
  bight::loop::current().call_later(5ms, [&] { prices.publish(42); });
  const int price = co_await next_price(prices);
  std::cout << "the price is " << price << '\n';
  try {
    co_await bight::wait_for(next_price(prices), 5ms);
  } catch (const bight::timeout_error&) { std::cout << "no other price within 5 ms\n"; }
}

int main() { return bight::run_main(program); }
