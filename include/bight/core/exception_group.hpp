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

/// True if `error` holds an E, or something derived from it: what `catch (const E&)` would catch. False for
/// null.
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

/// The errors of a task group, in the order in which they happened (Python's ExceptionGroup). Always thrown
/// as a group, even for one error; a group inside a group is one element. cancelled_error is never in it.
class exception_group : public std::exception {
 public:
  /// `origins`: a line about each of the errors, where it comes from; empty, or shorter, where that is not
  /// known.
  exception_group(std::string message, std::vector<std::exception_ptr> errors,
                  std::vector<std::string> origins = {});

  /// The message, and for each error its type, its text and its origin, nested groups indented. Put together
  /// when it is asked for.
  ///
  ///     | errors in a task group (1 error)
  ///     |   std::out_of_range: map::at
  ///     |     in task-3, spawned at crawl.cpp:20
  const char* what() const noexcept override;
  const std::string& message() const noexcept;
  const std::vector<std::exception_ptr>& errors() const noexcept;
  /// The origin of `errors()[i]`; empty if it is not known.
  const std::string& origin(std::size_t i) const noexcept;

  /// Splits by a predicate on the leaves, keeping the nesting: {matching, rest}, empty where there is nothing
  /// (ExceptionGroup.split). Complexity: one rethrow per leaf if the predicate looks inside.
  std::pair<std::optional<exception_group>, std::optional<exception_group>> split(
      const std::function<bool(const std::exception_ptr&)>& matches) const;

  /// Splits off the leaves that are an E.
  template <class E>
  std::pair<std::optional<exception_group>, std::optional<exception_group>> split() const {
    return split([](const std::exception_ptr& e) { return is<E>(e); });
  }

  /// True if one of the leaves is an E.
  template <class E>
  bool contains() const {
    const auto leaves = flatten();
    return std::any_of(leaves.begin(), leaves.end(), [](const std::exception_ptr& e) { return is<E>(e); });
  }

  /// Calls `f(const E&)` for every leaf that is an E, in order. Returns how many there were.
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

  /// Every leaf, nested groups opened.
  std::vector<std::exception_ptr> flatten() const;

 private:
  struct contents;
  std::shared_ptr<contents> contents_;  // shared: copying an exception must not throw
};

/// One line that says what `error` is: what() of a std::exception, describe() of a cancelled_error, the type
/// of anything else.
std::string describe(const std::exception_ptr& error);

}  // namespace bight
