#include <bight/pg/json.hpp>

#include <array>
#include <bight/pg/detail/codec_scalars.hpp>
#include <boost/json/error.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/stream_parser.hpp>
#include <string>
#include <string_view>

namespace bight::pg {

void codec<boost::json::value>::encode(const boost::json::value& value, value_writer& out) {
  if (out.type().id() == oids::jsonb) out.put(std::uint8_t{1});
  boost::json::serializer text;
  text.reset(&value);
  std::array<char, 4096> buffer;
  while (!text.done()) out.put_bytes(text.read(buffer.data(), buffer.size()));
}

boost::json::value codec<boost::json::value>::decode(value_reader& in) {
  const auto text = codec<std::string_view>::decode(in);
  if (in.failed()) return {};
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  boost::json::stream_parser parser{{}, options};
  boost::json::error_code ec;
  const auto n = parser.write_some(text.data(), text.size(), ec);
  if (!ec && n < text.size()) ec = boost::json::error::extra_data;
  if (!ec) parser.finish(ec);
  if (!ec) return parser.release();
  in.fail("invalid JSON at byte " + std::to_string(n) + ": " +
          (ec == boost::json::error::too_deep
               ? "nested too deep (limit " + std::to_string(max_json_depth) + ")"
               : ec.message()));
  return {};
}

}  // namespace bight::pg
