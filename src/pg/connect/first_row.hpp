// A question whose answer is one text: for the checks of a new connection.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/pg/error.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "pg/session/session.hpp"

namespace bight::pg::detail {

/// The first field of the first row, as text; empty if there is none. Errors: pg::error.
inline awaitable<std::string> first_value(session& s, std::string_view sql) {
  class first_field final : public reply {
   public:
    bool take(const wire::event& e) override {
      if (e.kind == wire::event_kind::row && value.empty()) {
        wire::byte_reader in{e.body};
        if (in.u16() != 0) {
          const auto size = in.i32();
          if (size > 0) value = in.take(static_cast<std::size_t>(size));
        }
      }
      if (e.kind == wire::event_kind::error) problem.emplace(fields_of(e.body));
      return e.kind == wire::event_kind::ready;
    }
    std::string value;
    std::optional<error> problem;
  } answer;
  const session::call here{s.shared_from_this()};
  wire::append_query(s.out(), sql);
  s.protocol().expect(wire::request::simple);
  co_await s.exchange(answer);
  if (answer.problem) throw error{*answer.problem};
  co_return answer.value;
}

}  // namespace bight::pg::detail
