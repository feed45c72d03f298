// inet, cidr, macaddr, and uuid: values that are bytes.
#include <bight/pg/codec.hpp>

#include <algorithm>

namespace bight::pg {
namespace {

// The numbers of the protocol; not those of the operating system.
constexpr std::uint8_t family_v4 = 2, family_v6 = 3;

template <std::size_t N>
std::array<std::uint8_t, N> take_array(value_reader& in) {
  std::array<std::uint8_t, N> bytes{};
  const auto from = in.take_bytes(N);
  std::ranges::transform(from, bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return bytes;
}

template <std::size_t N>
void put_array(const std::array<std::uint8_t, N>& bytes, value_writer& out) {
  out.put_bytes({reinterpret_cast<const char*>(bytes.data()), N});
}

void put_network(const net::ip_address& a, std::uint8_t prefix, value_writer& out) {
  const std::uint8_t size = a.is_v4() ? 4 : 16;
  if (prefix > 8 * size) return out.fail("a prefix of " + std::to_string(prefix) + " bits");
  if (a.scope_id() != 0)
    return out.fail("an address with a zone, which " + std::string{out.type().name()} + " cannot hold");
  out.put(a.is_v4() ? family_v4 : family_v6);
  out.put(prefix);
  out.put<std::uint8_t>(out.type().id() == oids::cidr ? 1 : 0);
  out.put(size);
  if (a.is_v4())
    put_array(a.v4(), out);
  else
    put_array(a.v6(), out);
}

inet take_network(value_reader& in) {
  const auto family = in.take<std::uint8_t>();
  const auto prefix = in.take<std::uint8_t>();
  const auto is_cidr = in.take<std::uint8_t>();
  const auto size = in.take<std::uint8_t>();
  if (in.failed()) return {};
  const bool v4 = family == family_v4 && size == 4 && prefix <= 32;
  const bool v6 = family == family_v6 && size == 16 && prefix <= 128;
  if (is_cidr > 1 || (!v4 && !v6)) {
    in.fail("malformed " + std::string{in.type().name()} + ": family " + std::to_string(family) +
            ", prefix " + std::to_string(prefix) + ", " + std::to_string(size) + " bytes");
    return {};
  }
  if (v4) return {net::ip_address{take_array<4>(in)}, prefix};
  return {net::ip_address{take_array<16>(in)}, prefix};
}

}  // namespace

void codec<inet>::encode(const inet& value, value_writer& out) {
  put_network(value.address, value.prefix, out);
}
inet codec<inet>::decode(value_reader& in) { return take_network(in); }

void codec<cidr>::encode(const cidr& value, value_writer& out) {
  put_network(value.address, value.prefix, out);
}
cidr codec<cidr>::decode(value_reader& in) {
  const auto n = take_network(in);
  return {n.address, n.prefix};
}

void codec<net::ip_address>::encode(const net::ip_address& value, value_writer& out) {
  codec<inet>::encode(value, out);
}
net::ip_address codec<net::ip_address>::decode(value_reader& in) {
  const auto n = take_network(in);
  if (n != inet{n.address} && !in.failed())
    in.fail(n.to_string() + " is a network, not an address; read it as pg::inet");
  return n.address;
}

void codec<macaddr>::encode(const macaddr& value, value_writer& out) { put_array(value.bytes, out); }
macaddr codec<macaddr>::decode(value_reader& in) { return {take_array<6>(in)}; }
void codec<macaddr8>::encode(const macaddr8& value, value_writer& out) { put_array(value.bytes, out); }
macaddr8 codec<macaddr8>::decode(value_reader& in) { return {take_array<8>(in)}; }

void codec<uuid>::encode(const uuid& value, value_writer& out) { put_array(value.bytes(), out); }
uuid codec<uuid>::decode(value_reader& in) { return uuid{take_array<16>(in)}; }

}  // namespace bight::pg
