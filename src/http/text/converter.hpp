// ICU's converters.
#pragma once
#include <unicode/ucnv.h>

#include <memory>
#include <string_view>

namespace bight::http {

struct close_converter {
  void operator()(UConverter* c) const noexcept { ucnv_close(c); }
};
using converter_ptr = std::unique_ptr<UConverter, close_converter>;

/// Opens a converter that decodes malformed sequences as U+FFFD and encodes what its charset does not have as
/// `&#NUMBER;`. Returns: nullptr if ICU was built without it.
converter_ptr open_converter(std::string_view name);

}  // namespace bight::http
