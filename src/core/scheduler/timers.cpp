#include <bight/core/clock.hpp>
#include <bight/core/detail/loop_core.hpp>

#include <algorithm>

namespace bight::detail {
namespace {
constexpr std::size_t fan_out = 4;
}

void timer_heap::add(timer_node& node, clock::time_point deadline, std::uint64_t age) {
  entries_.emplace_back();
  sift_up(entries_.size() - 1, entry{deadline, age, &node});
}

void timer_heap::remove(timer_node& node) noexcept {
  if (node.armed()) erase_at(node.heap_index_);
}

timer_node* timer_heap::pop_due(clock::time_point now) noexcept {
  if (entries_.empty() || entries_.front().deadline > now) return nullptr;
  timer_node* const node = entries_.front().node;
  erase_at(0);
  return node;
}

void timer_heap::place(std::size_t index, const entry& e) noexcept {
  entries_[index] = e;
  e.node->heap_index_ = index;
}

void timer_heap::sift_up(std::size_t index, entry e) noexcept {
  while (index != 0) {
    const std::size_t parent = (index - 1) / fan_out;
    if (!e.before(entries_[parent])) break;
    place(index, entries_[parent]);
    index = parent;
  }
  place(index, e);
}

void timer_heap::sift_down(std::size_t index, entry e) noexcept {
  const std::size_t size = entries_.size();
  while (true) {
    const std::size_t first = index * fan_out + 1;
    if (first >= size) break;
    std::size_t least = first;
    for (std::size_t child = first + 1; child < std::min(first + fan_out, size); ++child)
      if (entries_[child].before(entries_[least])) least = child;
    if (!entries_[least].before(e)) break;
    place(index, entries_[least]);
    index = least;
  }
  place(index, e);
}

void timer_heap::erase_at(std::size_t index) noexcept {
  entries_[index].node->heap_index_ = timer_node::idle;
  const entry last = entries_.back();
  entries_.pop_back();
  if (index == entries_.size()) return;
  if (index != 0 && last.before(entries_[(index - 1) / fan_out]))
    sift_up(index, last);
  else
    sift_down(index, last);
}

}  // namespace bight::detail

namespace bight {

clock::time_point clock::now() noexcept {
  if (const auto* loop = detail::this_loop; loop && loop->virtual_now) return *loop->virtual_now;
  return time_point{std::chrono::steady_clock::now().time_since_epoch()};
}

wall_clock::time_point wall_clock::now() noexcept {
  const auto* const loop = detail::this_loop;
  if (!loop || !loop->virtual_now) return std::chrono::system_clock::now();
  return loop->virtual_beginning +
         std::chrono::duration_cast<duration>(loop->virtual_now->time_since_epoch());
}

}  // namespace bight
