// query: a statement, with what belongs to one call of it.
#pragma once
#include <bight/core/clock.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bight::pg {

/// The text of a statement; parameters are $1, $2 and so on. Converts from texts:
///
///     co_await db.fetch("select * from users where id = $1", id);
///     co_await db.fetch(pg::query("select * from users").name("all_users").timeout(2s));
///
/// Lifetime: a `const char*` or `std::string_view` is not copied and must stay valid until the call has
/// ended; an rvalue std::string is moved in.
class query {
 public:
  query(const char* sql) : text_(sql) {}
  query(std::string_view sql) : text_(sql) {}
  query(const std::string& sql) : text_(sql) {}
  query(std::string&& sql) : owned_(std::move(sql)), owns_(true) {}

  /// A name for errors, logs and metrics, which must stay valid as the text must.
  query&& name(std::string_view n) && {
    name_ = n;
    return std::move(*this);
  }
  /// The time for the call, from the moment it is awaited, instead of options::command_timeout.
  query&& timeout(clock::duration d) && {
    timeout_ = d;
    return std::move(*this);
  }

  std::string_view sql() const noexcept { return owns_ ? std::string_view{owned_} : text_; }
  std::string_view name() const noexcept { return name_; }
  /// Zero: command_timeout.
  clock::duration timeout() const noexcept { return timeout_; }

 private:
  std::string owned_;
  std::string_view text_;
  std::string_view name_;
  clock::duration timeout_ = clock::duration::zero();
  bool owns_ = false;
};

/// How a statement ended.
class completion {
 public:
  completion() {}

  /// What the server calls it, such as "INSERT 0 5". Of several statements, the last one's.
  std::string tag;
  /// The rows that were inserted, updated, deleted, selected or copied; of several statements, the sum.
  std::uint64_t rows = 0;
};

}  // namespace bight::pg
