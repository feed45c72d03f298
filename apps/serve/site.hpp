// What bight-serve serves.
#pragma once
#include <bight/http.hpp>
#include <memory>
#include <optional>

#include "log_file.hpp"
#include "settings.hpp"

namespace serve {

/// Content and log, for all loops.
class site {
 public:
  /// Errors: system_error that names a directory or file that cannot be used.
  explicit site(const settings& s);

  /// A handler for one loop. Lifetime: the site must outlive it.
  bight::http::handler make_handler();
  log_file* log() noexcept { return log_ ? &*log_ : nullptr; }

 private:
  bight::http::handler content() const;

  const settings& settings_;
  std::optional<bight::http::static_files> files_;
  std::optional<log_file> log_;
};

}  // namespace serve
