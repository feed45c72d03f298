// What senders of bodies know beyond http::body.
#pragma once
#include <bight/http/body.hpp>
#include <memory>
#include <utility>
#include <variant>

namespace bight::http {

struct body_access {
  /// The file, if it is one: sent from its descriptor.
  static const detail::file_range* file(const body& b) noexcept {
    const auto* const f = std::get_if<std::shared_ptr<const detail::file_range>>(&b.content_);
    return f ? f->get() : nullptr;
  }
  /// True if its bytes are made while it is sent.
  static bool is_stream(const body& b) noexcept {
    return std::holds_alternative<std::shared_ptr<body::stream>>(b.content_);
  }
  static byte_source* source(const body& b) noexcept {
    const auto* const s = std::get_if<std::shared_ptr<body::stream>>(&b.content_);
    return s ? (*s)->source.get() : nullptr;
  }
  /// The same content once more.
  static body share(body& b) {
    if (auto* const text = std::get_if<std::string>(&b.content_))
      b.content_ = std::make_shared<const std::string>(std::move(*text));
    body other;
    other.content_ = b.content_;
    return other;
  }
};

}  // namespace bight::http
