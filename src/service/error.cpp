#include <bight/service/error.hpp>

#include <bight/core/exception_group.hpp>
#include <boost/system/error_category.hpp>
#include <utility>

namespace bight {
namespace {

class service_error_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "bight.service"; }
  std::string message(int code) const override {
    switch (static_cast<service_errc>(code)) {
      case service_errc::start_failed:
        return "failed to start";
      case service_errc::failed:
        return "failed";
      case service_errc::ended:
        return "ended by itself";
      case service_errc::not_stopped:
        return "did not stop in time";
      case service_errc::stop_failed:
        return "failed while stopping";
    }
    return "unknown error";
  }
};

std::string service_message(service_errc code, const std::string& service, const std::exception_ptr& why,
                            const std::string& details) {
  auto text = "service '" + service + "' " + service_category().message(static_cast<int>(code));
  if (!details.empty()) text += ", " + details;
  if (why) text += ": " + describe(why);
  return text;
}

}  // namespace

const boost::system::error_category& service_category() noexcept {
  static const service_error_category category;
  return category;
}

boost::system::error_code make_error_code(service_errc code) noexcept {
  return {static_cast<int>(code), service_category()};
}

service_error::service_error(service_errc code, std::string service, std::exception_ptr why,
                             const std::string& details)
    : system_error(make_error_code(code)),
      service_(std::move(service)),
      reason_(std::move(why)),
      text_(service_message(code, service_, reason_, details)) {}

}  // namespace bight
