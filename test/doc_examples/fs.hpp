// What the examples in doc comments of the room fs use and do not declare.
#include <array>
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/net.hpp>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
namespace net = bight::net;

extern const std::string text;
extern const std::vector<std::string> rows;
void count(std::string_view line);

// ---- directory.hpp
extern net::stream client;

// ---- glob.hpp
bight::awaitable<void> check(std::filesystem::path header);

// ---- lines.hpp
extern bight::fs::lines all;

// ---- reader.hpp
extern std::array<std::byte, 16> header;

// ---- spooled_file.hpp
struct received {
  bight::awaitable<std::optional<std::string>> next();
};
extern received body;

// ---- temporary.hpp
extern const std::filesystem::path folder;

// ---- text.hpp
extern const std::string notes;

// ---- text_lines.hpp
void greet(std::string_view name);

// ---- watch.hpp
bight::awaitable<void> build(const std::vector<bight::fs::change>& changes);
