// gumbo's tree, built within bounds.
//
// Debian's gumbo has no limit of its own: its memory and time grow with the square of the nesting, and it
// frees a tree by recursion. Here it allocates from an arena that is dropped as a whole, and that gives up
// when it is full or too much time has passed. longjmp is how: gumbo does not check for failed allocations,
// and has no destructors.
#include <gumbo.h>

#include <time.h>

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "crawl/html/scan.hpp"
#include "crawl/select/dom.hpp"

namespace bight::crawl::detail {
namespace {

std::int64_t cpu_time() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class arena {
 public:
  arena(std::size_t most, std::int64_t time) : left_(most), deadline_(cpu_time() + time) {
    chunks_.reserve(16 + most / largest_chunk);  // nothing may be thrown through gumbo
  }

  enum outcome : int { fine = 0, full = 1, late = 2 };
  std::jmp_buf& give_up() noexcept { return give_up_; }

  void* allocate(std::size_t size) {
    constexpr std::size_t steps_between_looks = 64;
    if (++steps_ % steps_between_looks == 0 && cpu_time() > deadline_) std::longjmp(give_up_, late);
    size = (size + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
    if (size > room_) grow(size);
    void* const at = next_;
    next_ += size;
    room_ -= size;
    return at;
  }

 private:
  void grow(std::size_t size) {
    const auto wanted = std::max(size, std::min(chunk_, left_));
    if (wanted > left_) std::longjmp(give_up_, full);
    left_ -= wanted;
    next_ = new (std::nothrow) std::byte[wanted];
    if (next_ == nullptr) std::longjmp(give_up_, full);
    chunks_.emplace_back(next_);
    room_ = wanted;
    chunk_ = std::min(chunk_ * 2, largest_chunk);
  }

  static constexpr std::size_t largest_chunk = 4U << 20U;

  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* next_ = nullptr;
  std::size_t room_ = 0;
  std::size_t chunk_ = 64U << 10U;
  std::size_t left_;
  std::size_t steps_ = 0;
  std::int64_t deadline_;
  std::jmp_buf give_up_;
};

// Nothing in this frame needs a destructor.
const GumboNode* build(arena& memory, std::string_view html, int& outcome) {
  GumboOptions options = kGumboDefaultOptions;
  options.userdata = &memory;
  options.allocator = [](void* self, std::size_t size) { return static_cast<arena*>(self)->allocate(size); };
  options.deallocator = [](void*, void*) {};
  options.max_errors = 0;
  outcome = setjmp(memory.give_up());  // NOLINT(cert-err52-cpp)
  if (outcome != arena::fine) return nullptr;
  return gumbo_parse_with_options(&options, html.data(), html.size())->document;
}

// A frameset makes gumbo free the body by recursion, 64 bytes of stack a level.
bool has_frameset(std::string_view html) noexcept {
  for (auto at = html.find('<'); at != html.npos; at = html.find('<', at + 1))
    if (html::starts_with_lower(html.substr(at + 1), "frameset")) return true;
  return false;
}

class copier {
 public:
  copier(dom& to, std::size_t size) : to_(to) { to_.characters.reserve(size / 2); }
  void run(const GumboNode* document);

 private:
  dom::range keep(std::string_view text) {
    const auto begin = to_.characters.size();
    to_.characters.append(text);
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(text.size())};
  }
  dom::range keep_lower(std::string_view text) {
    const auto kept = keep(text);
    for (std::size_t i = kept.begin; i != to_.characters.size(); ++i)
      to_.characters[i] = html::to_lower(to_.characters[i]);
    return kept;
  }
  static std::string_view name_of(const GumboElement& e) noexcept {
    if (e.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(e.tag);
    auto text = e.original_tag;
    gumbo_tag_from_original_text(&text);
    return {text.data, text.length};
  }
  std::uint32_t add(std::uint32_t parent, const GumboNode& node);

  dom& to_;
};

std::uint32_t copier::add(std::uint32_t parent, const GumboNode& from) {
  dom::node made;
  made.parent = parent;
  if (from.type == GUMBO_NODE_ELEMENT || from.type == GUMBO_NODE_TEMPLATE) {
    made.is_element = true;
    made.text = keep_lower(name_of(from.v.element));
    const auto& list = from.v.element.attributes;
    made.attributes = static_cast<std::uint32_t>(to_.all_attributes.size());
    made.attribute_count = list.length;
    for (unsigned i = 0; i != list.length; ++i) {
      const auto& a = *static_cast<const GumboAttribute*>(list.data[i]);
      const auto name = keep_lower(a.name);
      to_.all_attributes.push_back({name, keep(a.value)});
    }
  } else if (from.type == GUMBO_NODE_TEXT || from.type == GUMBO_NODE_WHITESPACE ||
             from.type == GUMBO_NODE_CDATA) {
    made.text = keep(from.v.text.text);
  }
  to_.nodes.push_back(made);
  return static_cast<std::uint32_t>(to_.nodes.size() - 1);
}

void copier::run(const GumboNode* document) {
  struct place {
    std::uint32_t node;
    const GumboVector* children;
    unsigned next = 0;
  };
  to_.nodes.emplace_back();
  std::vector<place> open{{0, &document->v.document.children}};
  while (!open.empty()) {
    auto& top = open.back();
    if (top.next == top.children->length) {
      to_.nodes[top.node].end = static_cast<std::uint32_t>(to_.nodes.size());
      open.pop_back();
      continue;
    }
    const auto& child = *static_cast<const GumboNode*>(top.children->data[top.next++]);
    if (child.type == GUMBO_NODE_COMMENT) continue;
    const auto node = add(top.node, child);
    to_.nodes[node].end = node + 1;
    if (to_.nodes[node].is_element) open.push_back({node, &child.v.element.children});
  }
}

}  // namespace

dom parse_html(std::string_view html, const document_limits& limits) {
  constexpr std::size_t numbered = UINT32_MAX / 4;
  const auto most = std::min(limits.max_bytes, numbered);
  if (html.size() > most)
    throw std::length_error("bight: the page has more than " + std::to_string(most) + " bytes (max_bytes)");
  constexpr std::size_t safe_to_free = 8U << 20U;
  const auto memory = has_frameset(html) ? std::min(limits.max_memory, safe_to_free) : limits.max_memory;
  const auto space = std::make_unique<arena>(memory, limits.max_time.count());
  int outcome = arena::fine;
  const auto* const document = build(*space, html, outcome);
  if (outcome == arena::full)
    throw std::length_error("bight: the tree of the page takes more than " + std::to_string(memory) +
                            " bytes (max_memory)");
  if (document == nullptr)
    throw std::length_error("bight: the tree of the page takes too long to build (max_time)");
  dom out;
  copier{out, html.size()}.run(document);
  return out;
}

}  // namespace bight::crawl::detail
