// Bodies with a content coding, for tests.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http/coding/content_decoder.hpp"
#include "http/coding/encoder.hpp"

namespace bight::test {

inline std::string decoded(std::string_view coding, std::string_view body) {
  auto decoder = http::coding::content_decoder::create(coding).value();
  std::string out;
  EXPECT_FALSE(decoder.feed(body, [&out](std::string_view piece) { out += piece; }));
  EXPECT_FALSE(decoder.finish());
  return out;
}

/// `coding`: gzip, br or zstd.
inline std::string encoded(std::string_view coding, std::string_view text) {
  const auto encoder = coding == "br"     ? http::coding::make_brotli_encoder(4)
                       : coding == "zstd" ? http::coding::make_zstd_encoder(3)
                                          : http::coding::make_gzip_encoder(9);
  std::string out;
  encoder->encode(text, http::coding::encode_mode::end, out);
  return out;
}

}  // namespace bight::test
