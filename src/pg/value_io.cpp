#include <bight/pg/value_io.hpp>

#include <algorithm>

namespace bight::pg {

void codec_error::fail(std::string reason) {
  if (failed_) return;
  failed_ = true;
  reason_ = std::move(reason);
}

void codec_error::within_element(std::size_t index) { place_.insert(0, "[" + std::to_string(index) + "]"); }

void codec_error::within_field(std::string_view name) { place_.insert(0, "." + std::string{name}); }

void value_reader::fail(std::string reason) {
  error_->fail(std::move(reason));
  at_ = end_;
}

void value_reader::fail_short(std::size_t wanted) {
  if (failed()) return;
  fail("malformed " + std::string{type_->name()} + ": " + std::to_string(remaining()) + " bytes where " +
       std::to_string(wanted) + " should follow");
}

void value_reader::fail_long() {
  fail("malformed " + std::string{type_->name()} + ": " + std::to_string(remaining()) + " bytes too many");
}

void value_writer::fail(std::string reason) { error_->fail(std::move(reason)); }

}  // namespace bight::pg
