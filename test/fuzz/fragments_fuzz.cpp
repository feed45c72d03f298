// A page has the ids that were added, packed or not, written or percent-encoded, and no others.
#include <bight/crawl/fragments.hpp>
#include <bight/http/url.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "fuzz/require.hpp"

namespace {

namespace crawl = bight::crawl;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::set<std::string, std::less<>> known;
  crawl::fragment_ids ids;
  std::string last;
  while (!text.empty()) {
    const auto end = text.find('\n');
    last = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (text.empty()) break;  // the last line is asked for, not added
    ids.add(last);
    known.insert(last);
  }
  crawl::fragment_ids packed = ids;
  packed.pack();
  const auto wanted = crawl::checkable_fragment(last);
  require(wanted.empty() || last.starts_with(wanted));
  const bool expected =
      wanted.empty() || known.contains(wanted) || known.contains(bight::http::percent_decode(wanted));
  require(ids.contains(last) == expected);
  require(packed.contains(last) == expected);
  for (const auto& id : known) require(id.empty() || packed.contains(bight::http::percent_encode(id)));
  return 0;
}
