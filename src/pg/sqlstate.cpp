#include <bight/pg/sqlstate.hpp>
#include <cstddef>

#include <bight/core/error.hpp>

namespace bight::pg {
namespace {

constexpr int internal_error = detail::state_number("XX000");
constexpr int state_class_size = 36 * 36 * 36;

int class_of(int code) noexcept { return code / state_class_size * state_class_size + 1; }

bool passes(int code) noexcept {
  const auto c = static_cast<sqlstate_class>(class_of(code));
  const auto state = static_cast<sqlstate>(code);
  if (c == sqlstate_class::operator_intervention) return state != sqlstate::query_canceled;
  return c == sqlstate_class::connection_exception || state == sqlstate::serialization_failure ||
         state == sqlstate::deadlock_detected || state == sqlstate::too_many_connections;
}

// Boost's base class has a protected destructor that is not virtual; nobody deletes a category.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class state_category final : public boost::system::error_category {
 public:
  using error_category::equivalent;
  const char* name() const noexcept override { return "bight.postgresql"; }
  std::string message(int code) const override { return "SQLSTATE " + sqlstate_text(code); }
  bool equivalent(int code, const boost::system::error_condition& condition) const noexcept override {
    if (condition == transient) return passes(code);
    if (condition.category() == *this && condition.value() != 0) return condition.value() == class_of(code);
    return error_category::equivalent(code, condition);
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& sqlstate_category() noexcept {
  static const state_category instance;
  return instance;
}

boost::system::error_code make_error_code(sqlstate state) noexcept {
  return {static_cast<int>(state), sqlstate_category()};
}

boost::system::error_condition make_error_condition(sqlstate_class c) noexcept {
  return {static_cast<int>(c), sqlstate_category()};
}

boost::system::error_code make_sqlstate(std::string_view five) noexcept {
  const int n = detail::state_number(five);
  return {n == 0 ? internal_error : n, sqlstate_category()};
}

std::string sqlstate_text(int code) {
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string text(5, '0');
  for (std::size_t i = text.size(); i-- != 0; code /= 36)
    text[i] = digits[static_cast<std::size_t>(code % 36)];
  return text;
}

}  // namespace bight::pg
