#include <array>
#include <bight/http/static_files.hpp>
#include <string_view>

namespace bight::http {

std::string_view media_type_of(std::string_view file_name) noexcept {
  struct known {
    std::string_view extension;
    std::string_view type;
  };
  static constexpr std::array types{known{"html", "text/html; charset=utf-8"},
                                    known{"htm", "text/html; charset=utf-8"},
                                    known{"css", "text/css; charset=utf-8"},
                                    known{"js", "text/javascript; charset=utf-8"},
                                    known{"mjs", "text/javascript; charset=utf-8"},
                                    known{"json", "application/json"},
                                    known{"map", "application/json"},
                                    known{"webmanifest", "application/manifest+json"},
                                    known{"xml", "application/xml"},
                                    known{"xhtml", "application/xhtml+xml"},
                                    known{"txt", "text/plain; charset=utf-8"},
                                    known{"md", "text/markdown; charset=utf-8"},
                                    known{"csv", "text/csv; charset=utf-8"},
                                    known{"svg", "image/svg+xml"},
                                    known{"png", "image/png"},
                                    known{"jpg", "image/jpeg"},
                                    known{"jpeg", "image/jpeg"},
                                    known{"gif", "image/gif"},
                                    known{"webp", "image/webp"},
                                    known{"avif", "image/avif"},
                                    known{"ico", "image/x-icon"},
                                    known{"ttf", "font/ttf"},
                                    known{"otf", "font/otf"},
                                    known{"woff", "font/woff"},
                                    known{"woff2", "font/woff2"},
                                    known{"pdf", "application/pdf"},
                                    known{"gz", "application/gzip"},
                                    known{"zip", "application/zip"},
                                    known{"br", "application/x-brotli"},
                                    known{"zst", "application/zstd"},
                                    known{"tar", "application/x-tar"},
                                    known{"xz", "application/x-xz"},
                                    known{"bz2", "application/x-bzip2"},
                                    known{"wasm", "application/wasm"},
                                    known{"mp4", "video/mp4"},
                                    known{"webm", "video/webm"},
                                    known{"ogg", "audio/ogg"},
                                    known{"wav", "audio/wav"},
                                    known{"mp3", "audio/mpeg"}};
  const auto dot = file_name.rfind('.');
  if (dot != file_name.npos) {
    const auto extension = file_name.substr(dot + 1);
    for (const auto& k : types)
      if (equal_ignoring_case(k.extension, extension)) return k.type;
  }
  return "application/octet-stream";
}

}  // namespace bight::http
