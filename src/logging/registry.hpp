// The loggers of the process, and where their messages go.
#pragma once
#include <bight/logging/logger.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace bight::logging::detail {

/// Where messages go.
class backend {
 public:
  virtual ~backend() = default;
  virtual void write(log_level level, std::string_view name, std::string_view message,
                     std::span<const field> fields) = 0;
};

std::shared_ptr<channel> find_channel(std::string_view name);
/// Null if there is none.
std::shared_ptr<backend> current_backend() noexcept;
/// Errors: std::logic_error if there is one already, unless `b` is null.
void set_backend(std::shared_ptr<backend> b);

}  // namespace bight::logging::detail
