// exception_group: several errors as one.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

/// Whether `catch (const E&)` would catch `error`. False for null.
///
///     const bool too_slow = bight::is<bight::timeout_error>(t.exception());
template <class E>
bool is(const std::exception_ptr& error) noexcept {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const E&) { return true; } catch (...) {
    return false;
  }
}

/// The errors of a task group, in the order in which they occurred (Python's ExceptionGroup). Thrown even for
/// a single error; a nested group is one element. Never contains cancelled_error.
class exception_group : public std::exception {
 public:
  /// `origins`: a line for each error that tells where it comes from; may be shorter than `errors`.
  exception_group(std::string message, std::vector<std::exception_ptr> errors,
                  std::vector<std::string> origins = {});

  /// The message, and the type, text and origin of each error, with nested groups indented. Composed on first
  /// use.
  ///
  ///     | errors in a task group (1 error)
  ///     |   std::out_of_range: map::at
  ///     |     in task-3, spawned at crawl.cpp:20
  const char* what() const noexcept override;
  const std::string& message() const noexcept;
  const std::vector<std::exception_ptr>& errors() const noexcept;
  /// The origin of `errors()[i]`; empty if unknown.
  const std::string& origin(std::size_t i) const noexcept;

  /// Splits the group by a predicate on its leaves, preserving the nesting: {matching, rest}, nullopt if
  /// there are none (ExceptionGroup.split).
  std::pair<std::optional<exception_group>, std::optional<exception_group>> split(
      const std::function<bool(const std::exception_ptr&)>& matches) const;

  /// Splits by the type of the leaves.
  template <class E>
  std::pair<std::optional<exception_group>, std::optional<exception_group>> split() const {
    return split([](const std::exception_ptr& e) { return is<E>(e); });
  }

  /// Whether one of the leaves is an E.
  template <class E>
  bool contains() const {
    const auto leaves = flatten();
    return std::any_of(leaves.begin(), leaves.end(), [](const std::exception_ptr& e) { return is<E>(e); });
  }

  /// Calls `f(const E&)` for each leaf that is an E, in order. Returns their number.
  template <class E, std::invocable<const E&> F>
  std::size_t for_each(F&& f) const {
    std::size_t count = 0;
    for (const auto& e : flatten()) {
      try {
        std::rethrow_exception(e);
      } catch (const E& match) {
        f(match);
        ++count;
      } catch (...) {}
    }
    return count;
  }

  /// All leaves, including those of nested groups.
  std::vector<std::exception_ptr> flatten() const;

 private:
  struct contents;
  std::shared_ptr<contents> contents_;  // shared: copying an exception must not throw
};

/// Describes `error` in one line: what() of a std::exception, describe() of a cancelled_error, otherwise the
/// type.
std::string describe(const std::exception_ptr& error);

}  // namespace bight
