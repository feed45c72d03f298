// service_errc, service_error: why a service_host ended.
#pragma once
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <string>
#include <type_traits>

namespace bight {

enum class service_errc {
  start_failed = 1,  ///< `start` threw, or did not return within start_timeout.
  failed,            ///< `run` threw.
  ended,             ///< `run` returned although the service was not stopped and is not one-shot.
  not_stopped,       ///< It did not stop within stop_timeout, and was cancelled.
  stop_failed,       ///< It threw while it was being stopped.
};

/// The category "bight.service".
const boost::system::error_category& service_category() noexcept;
boost::system::error_code make_error_code(service_errc code) noexcept;

/// Thrown by service_host::run. `what()` names the service and the reason.
class service_error : public boost::system::system_error {
 public:
  /// `why`: the error of the service; null if it threw none.
  service_error(service_errc code, std::string service, std::exception_ptr why,
                const std::string& details = {});

  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& service() const noexcept { return service_; }
  /// What the service threw; null if it threw nothing.
  const std::exception_ptr& reason() const noexcept { return reason_; }

 private:
  std::string service_;
  std::exception_ptr reason_;
  std::string text_;
};

}  // namespace bight

template <>
struct boost::system::is_error_code_enum<bight::service_errc> : std::true_type {};
