// Codecs of enums.
#pragma once
#include <bight/pg/value_codec.hpp>
#include <string>
#include <string_view>

namespace bight::pg {

/// A base of codecs for C++ enums whose labels in the server are listed. Described enums need none: see
/// <bight/pg/described.hpp>.
///
///     | template <>
///     | struct bight::pg::codec<mood> : bight::pg::enum_codec<mood> {
///     |   static constexpr std::array labels{std::pair{mood::sad, "sad"}, std::pair{mood::happy, "happy"}};
///     | };
template <class E>
struct enum_codec {
  static constexpr oid type = oids::unknown;
  static bool accepts(const data_type& t) noexcept {
    return t.kind() == type_kind::enumeration || t.id() == oids::text || t.id() == oids::varchar ||
           t.id() == oids::unknown;
  }
  static void encode(E value, value_writer& out) {
    for (const auto& [each, label] : codec<E>::labels)
      if (each == value) return out.put_bytes(label);
    out.fail("a value of the enum that has no label");
  }
  static E decode(value_reader& in) {
    const auto text = in.take_rest();
    for (const auto& [each, label] : codec<E>::labels)
      if (text == label) return each;
    if (!in.failed()) in.fail("the label \"" + std::string{text} + "\" is not known");
    return E{};
  }
};

}  // namespace bight::pg
