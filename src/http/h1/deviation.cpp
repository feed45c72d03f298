#include "http/h1/deviation.hpp"

namespace bight::http::h1 {

std::string_view to_string(deviation which) noexcept {
  switch (which) {
    case deviation::leading_blank_line:
      return "leading_blank_line";
    case deviation::bare_lf:
      return "bare_lf";
    case deviation::extra_cr:
      return "extra_cr";
    case deviation::bare_cr:
      return "bare_cr";
    case deviation::control_character:
      return "control_character";
    case deviation::no_version:
      return "no_version";
    case deviation::lowercase_version:
      return "lowercase_version";
    case deviation::extra_space_in_start_line:
      return "extra_space_in_start_line";
    case deviation::missing_reason:
      return "missing_reason";
    case deviation::unassigned_status:
      return "unassigned_status";
    case deviation::space_before_colon:
      return "space_before_colon";
    case deviation::obs_fold:
      return "obs_fold";
    case deviation::no_colon:
      return "no_colon";
    case deviation::invalid_name:
      return "invalid_name";
    case deviation::te_and_cl:
      return "te_and_cl";
    case deviation::te_in_http_1_0:
      return "te_in_http_1_0";
    case deviation::identity_transfer_coding:
      return "identity_transfer_coding";
    case deviation::repeated_chunked:
      return "repeated_chunked";
    case deviation::duplicate_content_length:
      return "duplicate_content_length";
    case deviation::content_length_list:
      return "content_length_list";
    case deviation::invalid_content_length:
      return "invalid_content_length";
    case deviation::chunk_size_padding:
      return "chunk_size_padding";
    case deviation::missing_last_line:
      return "missing_last_line";
  }
  return "unknown";
}

}  // namespace bight::http::h1
