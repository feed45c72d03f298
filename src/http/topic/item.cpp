#include "http/topic/item.hpp"

#include <bight/core/detail/utf8.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>

#include "http/sse/writer.hpp"

namespace bight::http::detail {
namespace {

std::string checked(std::string text) {
  if (!bight::detail::is_utf8(text)) throw std::invalid_argument("bight: topic::publish: text is not UTF-8");
  return text;
}

std::string text_of(const server_sent_event& e) {
  std::string out;
  if (const auto ec = sse::append_event(out, e)) throw boost::system::system_error(ec, "topic::publish");
  return out;
}

}  // namespace

topic_item::topic_item(server_sent_event e)
    : event_text_(text_of(e)), message_(ws::opcode::text, checked(std::move(e.data))) {}

topic_item::topic_item(websocket_message m)
    : event_text_(m.is_text() ? text_of(m.data) : std::string{}),
      message_(m.is_text() ? ws::opcode::text : ws::opcode::binary,
               m.is_text() ? checked(std::move(m.data)) : std::move(m.data)) {}

}  // namespace bight::http::detail
