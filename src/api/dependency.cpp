#include <bight/api/dependency.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace bight::api::detail {
namespace {

// Those of one request. The last ones may refer to the first ones, so they are destroyed from behind.
struct resolved_values {
  struct entry {
    const void* key;
    std::shared_ptr<void> value;  // null while it is being made
  };

  resolved_values() = default;
  resolved_values(resolved_values&&) noexcept = default;
  ~resolved_values() {
    while (!entries.empty()) entries.pop_back();
  }
  entry* find(const void* key) noexcept {
    const auto at =
        std::find_if(entries.begin(), entries.end(), [key](const auto& e) { return e.key == key; });
    return at == entries.end() ? nullptr : &*at;
  }

  std::vector<entry> entries;
};

resolved_values& values_of(http::server_request& request) {
  if (auto* const there = request.get<resolved_values>()) return *there;
  return request.set(resolved_values{});
}

// An entry without a value for as long as it lives: what needs itself meets it.
class mark {
 public:
  mark(resolved_values& values, const void* key) : values_(&values), key_(key) {
    values.entries.push_back({key, nullptr});
  }
  mark(const mark&) = delete;
  mark& operator=(const mark&) = delete;
  ~mark() {
    auto& all = values_->entries;
    all.erase(all.begin() + (values_->find(key_) - all.data()));
  }

 private:
  resolved_values* values_;
  const void* key_;
};

// True if it is there already. Throws if it needs itself.
bool is_made(resolved_values& values, const void* key) {
  const auto* const found = values.find(key);
  if (found && !found->value) throw std::logic_error{"bight: api: a dependency needs itself"};
  return found != nullptr;
}

awaitable<void> make(http::server_request& request, std::shared_ptr<const dependency_set> set,
                     const void* key) {
  auto& values = values_of(request);
  if (is_made(values, key)) co_return;
  const auto* const provider = set->find(key);
  std::shared_ptr<void> made;
  if (!provider)
    throw std::logic_error{"bight: api: nobody provides a dependency of this handler: call router::provide"};
  {
    const mark being_made{values, key};
    co_await resolve(request, set, provider->needs);
    made = co_await provider->make(request);
  }
  values.entries.push_back({key, std::move(made)});
}

}  // namespace

const dependency_set::provider* dependency_set::find(const void* key) const noexcept {
  for (const auto* set = this; set; set = set->outer.get())
    for (const auto& p : set->providers)
      if (p.key == key) return &p;
  return nullptr;
}

awaitable<void> resolve(http::server_request& request, std::shared_ptr<const dependency_set> set,
                        std::vector<const void*> keys) {
  for (const auto* const key : keys)
    if (key) co_await make(request, set, key);
}

std::shared_ptr<void> resolved(http::server_request& request, const void* key) {
  return values_of(request).find(key)->value;
}

}  // namespace bight::api::detail
