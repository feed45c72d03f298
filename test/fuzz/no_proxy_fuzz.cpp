// Properties: each host matches a list that names it, only then or through a suffix, a network or a star;
// nothing in front changes what an entry matches. The first line of the input is a URL, the rest a list.
#include <bight/http/proxy.hpp>
#include <bight/http/url.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace bight::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\n');
  const auto where = url::parse(input.substr(0, end));
  if (!where || end == input.npos) return 0;
  const std::string list{input.substr(end + 1)};
  const bool matches = no_proxy_list{list}.matches(*where);
  const auto host = where->host();
  if (host.find("other.invalid") == host.npos &&
      no_proxy_list{"other.invalid," + list}.matches(*where) != matches)
    std::abort();
  // "10.1.." is a name, but without its dots an address; "*." in a list is a suffix without a name.
  const bool can_be_listed =
      where->is_http() && host.find(',') == host.npos && host != "." && host != "*." && !host.ends_with("..");
  if (can_be_listed && !no_proxy_list{list + ' ' + std::string{host}}.matches(*where)) std::abort();
  try {
    proxy_settings settings{list};
    settings.set_no_proxy(list);
    static_cast<void>(settings.for_url(*where));
  } catch (const boost::system::system_error&) {}
  return 0;
}
