// download: a URL into a file, which appears when it is complete.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/retry.hpp>
#include <bight/http/client.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/request.hpp>
#include <bight/http/response.hpp>
#include <bight/http/status.hpp>
#include <bight/http/timeline.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>

namespace bight::http {

/// Options of download. Not an aggregate, so that it is safe in co_await expressions.
class download_options {
 public:
  download_options() {}

  /// Continues what an earlier call left in `NAME.part`, if the server still has the same file. Implies
  /// keep_partial.
  bool resume = false;
  /// Leaves what has arrived in `NAME.part` if the download fails or is cancelled, provided that it can be
  /// continued.
  bool keep_partial = false;
  /// If false, an existing file is an error (EEXIST).
  bool replace = true;
  /// Syncs the file to storage before it gets its name.
  bool sync = true;
  /// The maximum size of the file in bytes, instead of client_limits::max_body.
  std::uint64_t max_size = std::numeric_limits<std::uint64_t>::max();
  /// client_timeouts::total of each attempt. Default: none; the other timeouts of the client apply.
  std::chrono::nanoseconds timeout = forever;
  /// Computes download_result::sha256.
  bool compute_sha256 = false;
  /// The SHA-256 that the file must have, in hexadecimal. Empty: not checked.
  std::string sha256;
  /// Called when bytes have arrived: the size of the file so far, and its final size if known. Must not
  /// throw.
  std::function<void(std::uint64_t received, std::optional<std::uint64_t> total)> on_progress;
  /// Tries again after transient errors and temporary statuses, and continues where the body broke off. After
  /// an attempt that has brought new bytes, attempts are counted anew. Default: client_options::retries.
  std::optional<retry_policy> retries;
};

/// What download did.
class download_result {
 public:
  std::filesystem::path path;      ///< The file.
  std::uint64_t size = 0;          ///< Of the file in bytes.
  std::uint64_t resumed_from = 0;  ///< How many of them an earlier call had left in `NAME.part`.
  unsigned attempts = 1;           ///< Attempts, the successful one included.
  std::string sha256;              ///< In lower-case hexadecimal; empty if it was not asked for.
  http::url url;                   ///< Of the response, after redirects.
  http::status status;
  http::headers headers;
  http::timeline timeline;
};

/// Downloads a URL into a file, which appears complete under its name or not at all.
///
///     auto got = co_await http::download(client, "https://example.org/big.iso", "big.iso");
///     std::cout << got.size << '\n';
///
/// `to` is the file, or an existing directory, in which the file is called what file_name_of says. The body
/// is stored as it is sent: content codings are neither asked for nor removed. What a symbolic link names is
/// replaced, not the link; a file that is replaced hands on its permissions; devices and pipes are refused
/// (EINVAL).
///
/// With keep_partial, the bytes are in `NAME.part` until all have arrived, and `NAME.part.info` has the URL
/// and the validator (a strong ETag, or a Last-Modified date that is one, RFC 9110 8.8); in a directory, NAME
/// is that of the URL. `resume` asks for the rest with Range and If-Range. If the server has another file by
/// now, ignores Range, or answers 416 for what was left, the download starts again. `NAME.part` is locked:
/// while another download uses it, this one fails with EWOULDBLOCK.
///
/// Cancellation: keeps or removes what has arrived, as the options say. Errors: those of client::send and of
/// response::read_piece; status_error for a status other than 2xx; errc::checksum_mismatch, after which
/// nothing is left; system_error of the file system. Requests other than GET are neither resumed nor, unless
/// they are idempotent and replayable, tried again.
[[nodiscard]] awaitable<download_result> download(client c, std::string url, std::filesystem::path to,
                                                  download_options options = {});
[[nodiscard]] awaitable<download_result> download(client c, http::url where, std::filesystem::path to,
                                                  download_options options = {});
/// Same for any request. Its timeouts, if set, are used instead of `options.timeout`.
[[nodiscard]] awaitable<download_result> download(client c, http::request r, std::filesystem::path to,
                                                  download_options options = {});
/// Same if the response to `r` is there already, as its head may say whether to store it.
[[nodiscard]] awaitable<download_result> download(client c, http::request r, http::response first,
                                                  std::filesystem::path to, download_options options = {});

/// The name for the file of a response: that of Content-Disposition (RFC 6266; `filename*` is preferred), or
/// else the last component of the URL's path, or else "index.html". It is a name and never a path: what comes
/// before a slash or backslash, leading dots, control characters and malformed UTF-8 are removed; at most 200
/// bytes.
[[nodiscard]] std::string file_name_of(headers_view fields, const url& where);
/// Same without the headers of a response.
[[nodiscard]] std::string file_name_of(const url& where);

}  // namespace bight::http
