#include "http/coding/content_decoder.hpp"

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <bight/http/error.hpp>
#include <memory>
#include <string>
#include <vector>

namespace bight::http::coding::content_decoder_test {

constexpr int gzip = 31;
constexpr int zlib_format = 15;
constexpr int raw = -15;

std::string compress(std::string_view text, int window) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::vector<Bytef> input(text.begin(), text.end());
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string brotli(std::string_view text, int window = BROTLI_DEFAULT_WINDOW) {
  std::string out(BrotliEncoderMaxCompressedSize(text.size()) + 16, '\0');
  std::size_t size = out.size();
  EXPECT_TRUE(BrotliEncoderCompress(9, window, BROTLI_MODE_TEXT, text.size(),
                                    reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                    reinterpret_cast<std::uint8_t*>(out.data())));
  out.resize(size);
  return out;
}

// As a stream, so that the frame does not say how large its text is.
std::string zstd(std::string_view text, int window_log = 20) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_inBuffer first{text.data(), text.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  EXPECT_FALSE(ZSTD_isError(ZSTD_compressStream2(context, &to, &first, ZSTD_e_continue)));
  ZSTD_inBuffer rest{text.data() + first.pos, text.size() - first.pos, 0};
  EXPECT_EQ(ZSTD_compressStream2(context, &to, &rest, ZSTD_e_end), 0U);
  ZSTD_freeCCtx(context);
  out.resize(to.pos);
  return out;
}

struct outcome {
  std::string text;
  boost::system::error_code error;
  bool garbage = false;
};

// Feeds pieces of the given size, each in memory of its own, and finishes.
outcome decode(std::string_view coding, std::string_view input, std::size_t piece = 1 << 20,
               const decode_options& with = {}) {
  auto decoder = content_decoder::create(coding, with).value();
  outcome result;
  for (std::size_t i = 0; i < input.size() && !result.error; i += piece) {
    const std::string_view part = input.substr(i, piece);
    const std::vector<char> memory(part.begin(), part.end());
    result.error =
        decoder.feed({memory.data(), memory.size()}, [&](std::string_view out) { result.text += out; });
  }
  if (!result.error) result.error = decoder.finish();
  result.garbage = decoder.trailing_garbage();
  return result;
}

std::string sample() {
  std::string text;
  for (int i = 0; i != 5000; ++i) text += "line " + std::to_string(i * 7919 % 5000) + "\n";
  return text;
}

TEST(content_decoder, gzip_zlib_and_raw_deflate_in_pieces_of_any_size) {
  const std::string text = sample();
  for (const std::size_t piece : {1U, 2U, 3U, 10U, 1000U, 1000000U}) {
    EXPECT_EQ(decode("gzip", compress(text, gzip), piece).text, text) << piece;
    EXPECT_EQ(decode("x-gzip", compress(text, gzip), piece).text, text) << piece;
    EXPECT_EQ(decode("deflate", compress(text, zlib_format), piece).text, text) << piece;
    EXPECT_EQ(decode("Deflate", compress(text, raw), piece).text, text) << piece;
  }
}

TEST(content_decoder, brotli_and_zstd_in_pieces_of_any_size) {
  const std::string text = sample();
  for (const std::size_t piece : {1U, 2U, 3U, 10U, 1000U, 1000000U}) {
    EXPECT_EQ(decode("br", brotli(text), piece).text, text) << piece;
    EXPECT_EQ(decode("zstd", zstd(text), piece).text, text) << piece;
    EXPECT_FALSE(decode("BR", brotli(text), piece).error) << piece;
    EXPECT_FALSE(decode("Zstd", zstd(text), piece).garbage) << piece;
  }
}

TEST(content_decoder, what_is_accepted_is_decoded) {
  EXPECT_EQ(accept_encoding, "gzip, deflate, br, zstd");
  for (const char* coding : {"gzip", "deflate", "br", "zstd"}) EXPECT_TRUE(make_coder(coding)) << coding;
}

TEST(content_decoder, several_zstd_frames_are_one_text) {
  const std::string skipped("\x5f\x2a\x4d\x18\x03\0\0\0abc", 11);
  const std::string coded = zstd("one ") + skipped + zstd("") + zstd("two");
  for (const std::size_t piece : {1U, 5U, 1000U}) {
    const outcome result = decode("zstd", coded, piece);
    EXPECT_EQ(result.text, "one two");
    EXPECT_FALSE(result.error);
    EXPECT_FALSE(result.garbage);
  }
}

TEST(content_decoder, zstd_windows_beyond_8_mib_are_refused) {
  const std::string text = sample();
  EXPECT_EQ(decode("zstd", zstd(text, 23)).text, text);
  EXPECT_EQ(decode("zstd", zstd(text, 24)).error, errc::bad_content_encoding);
}

TEST(content_decoder, large_windows_of_brotli_are_refused) {
  EXPECT_EQ(decode("br", brotli(sample(), 24)).text, sample());
  // The window bits of the large-window variant (1.1 in brotli's draft): reserved in RFC 7932.
  EXPECT_EQ(decode("br", std::string("\x11\x1e\x0b\0\0", 5)).error, errc::bad_content_encoding);
}

TEST(content_decoder, empty_texts) {
  for (const std::size_t piece : {1U, 100U}) {
    EXPECT_FALSE(decode("gzip", compress("", gzip), piece).error);
    EXPECT_FALSE(decode("deflate", compress("", zlib_format), piece).error);
    EXPECT_FALSE(decode("deflate", compress("", raw), piece).error);
    EXPECT_FALSE(decode("br", brotli(""), piece).error);
    EXPECT_FALSE(decode("zstd", zstd(""), piece).error);
  }
  EXPECT_FALSE(decode("gzip", "").error) << "a body without any byte is complete";
}

TEST(content_decoder, small_outputs_are_filled_step_by_step) {
  const std::string text = sample();
  const std::string coded = compress(text, gzip);
  auto decoder = content_decoder::create("gzip").value();
  std::string_view input = coded;
  std::string out;
  char room[7];
  while (true) {
    const auto step = decoder.decode(input, room);
    ASSERT_FALSE(step.error);
    input.remove_prefix(step.consumed);
    out.append(room, step.produced);
    if (input.empty() && step.produced < sizeof room) break;
  }
  EXPECT_FALSE(decoder.finish());
  EXPECT_EQ(out, text);
  EXPECT_EQ(decoder.consumed(), coded.size());
  EXPECT_EQ(decoder.produced(), text.size());
}

TEST(content_decoder, small_outputs_of_two_codings) {
  const std::string text = sample().substr(0, 2000);
  const std::string coded = zstd(brotli(text));
  auto decoder = content_decoder::create("br, zstd").value();
  std::string out;
  char room[1];
  for (const char byte : coded) {
    std::string_view input(&byte, 1);
    while (true) {
      const auto step = decoder.decode(input, room);
      ASSERT_FALSE(step.error);
      input.remove_prefix(step.consumed);
      out.append(room, step.produced);
      if (input.empty() && step.produced == 0) break;
    }
  }
  EXPECT_FALSE(decoder.finish());
  EXPECT_EQ(out, text);
}

TEST(content_decoder, several_gzip_members_are_one_text) {
  const std::string coded = compress("one ", gzip) + compress("", gzip) + compress("two", gzip);
  for (const std::size_t piece : {1U, 5U, 1000U}) {
    const outcome result = decode("gzip", coded, piece);
    EXPECT_EQ(result.text, "one two");
    EXPECT_FALSE(result.error);
    EXPECT_FALSE(result.garbage);
  }
}

TEST(content_decoder, garbage_after_the_end_is_dropped_and_reported) {
  for (const char* garbage : {"x", "garbage", "\x1f", "\x1fx"}) {
    for (const std::size_t piece : {1U, 1000U}) {
      const outcome result = decode("gzip", compress("text", gzip) + garbage, piece);
      EXPECT_EQ(result.text, "text") << garbage;
      EXPECT_FALSE(result.error) << garbage;
      EXPECT_TRUE(result.garbage) << garbage;
    }
  }
  for (const char* garbage : {"x", "garbage", "\x28", "\x28\xb5", "\x28\xb5x", "\x50\x2a\x4d\x19"}) {
    for (const std::size_t piece : {1U, 1000U}) {
      const outcome of_zstd = decode("zstd", zstd("text") + garbage, piece);
      EXPECT_EQ(of_zstd.text, "text") << garbage;
      EXPECT_TRUE(of_zstd.garbage && !of_zstd.error) << garbage;
      const outcome of_brotli = decode("br", brotli("text") + garbage, piece);
      EXPECT_EQ(of_brotli.text, "text") << garbage;
      EXPECT_TRUE(of_brotli.garbage && !of_brotli.error) << garbage;
    }
  }
  const outcome zeros = decode("gzip", compress("text", gzip) + std::string(512, '\0'));
  EXPECT_TRUE(zeros.garbage && !zeros.error);
  EXPECT_TRUE(decode("deflate", compress("text", zlib_format) + "x").garbage);
}

TEST(content_decoder, truncated_texts_are_reported) {
  for (const int window : {gzip, zlib_format, raw}) {
    const std::string coded = compress("some text", window);
    for (std::size_t size = 1; size != coded.size(); ++size) {
      EXPECT_EQ(decode(window == gzip ? "gzip" : "deflate", coded.substr(0, size)).error, errc::truncated)
          << window << ' ' << size;
    }
  }
  const std::string of_brotli = brotli(sample().substr(0, 200));
  for (std::size_t size = 1; size != of_brotli.size(); ++size)
    EXPECT_EQ(decode("br", of_brotli.substr(0, size)).error, errc::truncated) << size;
  const std::string of_zstd = zstd("some text");
  for (std::size_t size = 1; size != of_zstd.size(); ++size)
    EXPECT_EQ(decode("zstd", of_zstd.substr(0, size)).error, errc::truncated) << size;
  EXPECT_EQ(decode("zstd", of_zstd + of_zstd.substr(0, 6)).error, errc::truncated);
  const std::string member = compress("text", gzip);
  EXPECT_EQ(decode("gzip", member + member.substr(0, 12)).error, errc::truncated);
}

TEST(content_decoder, broken_texts_are_refused) {
  EXPECT_EQ(decode("gzip", "this is not gzip").error, errc::bad_content_encoding);
  EXPECT_EQ(decode("deflate", "\xff\xff\xff\xff").error, errc::bad_content_encoding);
  EXPECT_EQ(decode("br", "this is not brotli, or so it seems").error, errc::bad_content_encoding);
  EXPECT_EQ(decode("zstd", "this is not zstd").error, errc::bad_content_encoding);
  std::string of_zstd = zstd(sample());
  of_zstd.back() = static_cast<char>(of_zstd.back() ^ 1);
  EXPECT_EQ(decode("zstd", of_zstd).error, errc::bad_content_encoding) << "checksum";
  std::string coded = compress(sample(), gzip);
  coded[coded.size() - 6] = static_cast<char>(coded[coded.size() - 6] ^ 1);
  EXPECT_EQ(decode("gzip", coded).error, errc::bad_content_encoding) << "checksum";
}

TEST(content_decoder, an_error_stays) {
  auto decoder = content_decoder::create("gzip").value();
  const auto ignore = [](std::string_view) {};
  EXPECT_EQ(decoder.feed("no gzip", ignore), errc::bad_content_encoding);
  EXPECT_EQ(decoder.feed(compress("text", gzip), ignore), errc::bad_content_encoding);
  EXPECT_EQ(decoder.finish(), errc::bad_content_encoding);
}

TEST(content_decoder, two_codings_are_undone_last_first) {
  const std::string text = sample();
  const std::string coded = compress(compress(text, zlib_format), gzip);
  for (const std::size_t piece : {1U, 100U, 1000000U}) {
    const outcome result = decode("deflate, identity, gzip", coded, piece);
    EXPECT_EQ(result.text, text);
    EXPECT_FALSE(result.error);
    EXPECT_EQ(decode("br, zstd", zstd(brotli(text)), piece).text, text);
    EXPECT_EQ(decode("zstd, br", brotli(zstd(text)), piece).text, text);
  }
  EXPECT_EQ(decode("deflate, gzip", compress("no deflate", gzip)).error, errc::bad_content_encoding);
}

TEST(content_decoder, identity_hands_on_the_input) {
  for (const char* coding : {"", "identity", " , Identity"}) {
    auto decoder = content_decoder::create(coding).value();
    EXPECT_TRUE(decoder.identity());
    EXPECT_EQ(decode(coding, "text", 1).text, "text");
  }
  content_decoder decoder;
  char room[2];
  const auto step = decoder.decode("abc", room);
  EXPECT_EQ(step.consumed, 2U);
  EXPECT_EQ(std::string(room, step.produced), "ab");
}

TEST(content_decoder, unknown_codings_are_refused_or_handed_on) {
  EXPECT_EQ(content_decoder::create("rot13").error(), errc::unsupported_content_coding);
  EXPECT_EQ(content_decoder::create("gzip, rot13").error(), errc::unsupported_content_coding);
  const auto decoder = content_decoder::create("gzip, rot13", {.pass_unknown = true}).value();
  EXPECT_TRUE(decoder.identity() && decoder.unknown_coding());
}

TEST(content_decoder, limit_of_codings) {
  EXPECT_EQ(content_decoder::create("gzip, gzip, gzip").error(), errc::unsupported_content_coding);
  EXPECT_TRUE(content_decoder::create("gzip, gzip, gzip", {.max_codings = 3}));
}

TEST(content_decoder, limit_of_decoded_bytes) {
  const std::string coded = compress(sample(), gzip);
  EXPECT_EQ(decode("gzip", coded, 1000, {.max_decoded = 1000}).error, errc::body_too_large);
  EXPECT_FALSE(decode("gzip", coded, 1000, {.max_decoded = sample().size()}).error);
  EXPECT_EQ(decode("", "four", 1, {.max_decoded = 3}).error, errc::body_too_large);
}

TEST(content_decoder, bombs_are_refused_by_their_ratio) {
  const std::string bomb = compress(std::string(4 << 20, '0'), gzip);
  const outcome result = decode("gzip", bomb);
  EXPECT_EQ(result.error, errc::decompression_bomb);
  EXPECT_LT(result.text.size(), std::size_t{2} << 20);
  EXPECT_FALSE(decode("gzip", compress(std::string(1 << 20, '0'), gzip)).error)
      << "small ones may be that dense";
  EXPECT_FALSE(decode("gzip", bomb, 1000, {.max_ratio = 2000}).error);
  EXPECT_EQ(decode("br", brotli(std::string(4 << 20, '0'))).error, errc::decompression_bomb);
  EXPECT_EQ(decode("zstd", zstd(std::string(4 << 20, '0'))).error, errc::decompression_bomb);
}

TEST(content_decoder, bombs_inside_another_coding_are_refused) {
  const std::string bomb = compress(compress(std::string(64 << 20, '0'), gzip), gzip);
  EXPECT_EQ(decode("gzip, gzip", bomb).error, errc::decompression_bomb);
  const std::string wasted = compress(compress("x", gzip) + std::string(4 << 20, '0'), gzip);
  EXPECT_EQ(decode("gzip, gzip", wasted).error, errc::decompression_bomb)
      << "what the outer coding drops counts, too";
}

TEST(content_decoder, contexts_are_reused_between_formats) {
  for (int i = 0; i != 50; ++i) {
    EXPECT_EQ(decode("gzip", compress("a", gzip)).text, "a");
    EXPECT_EQ(decode("deflate", compress("b", raw)).text, "b");
    EXPECT_TRUE(decode("gzip", "broken stuff").error);
    EXPECT_EQ(decode("zstd", zstd("c")).text, "c");
    EXPECT_TRUE(decode("zstd", zstd("cut off").substr(0, 12)).error);
  }
}

}  // namespace bight::http::coding::content_decoder_test
