// Feeds a parser the way a driver does and writes down what it said, to compare different splits of one
// input.
#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/h1/request_parser.hpp"
#include "http/h1/response_parser.hpp"

namespace bight::http::h1 {

inline std::string describe(const response_parser& parser) {
  return std::to_string(parser.status().code()) + "|" + std::string(parser.reason()) + "|1." +
         std::to_string(static_cast<int>(parser.version())) + "|f" +
         std::to_string(static_cast<int>(parser.framing())) + (parser.keep_alive() ? "|keep" : "|close") +
         (parser.upgraded() ? "|upgraded" : "");
}

inline std::string describe(const request_parser& parser) {
  return std::string(parser.method().name()) + "|" + std::string(parser.target()) + "|" +
         std::string(parser.path()) + "|" + std::string(parser.authority()) + "|1." +
         std::to_string(static_cast<int>(parser.version())) + "|f" +
         std::to_string(static_cast<int>(parser.framing())) + (parser.keep_alive() ? "|keep" : "|close") +
         (parser.expects_continue() ? "|expects" : "") + (parser.upgrade() ? "|upgrade" : "");
}

inline std::string describe(const deviations& found) {
  std::string text;
  for (std::size_t i = 0; i != deviation_count; ++i) {
    const auto which = static_cast<deviation>(i);
    if (found.has(which))
      text += " " + std::string(to_string(which)) + "@" + std::to_string(found.offset(which));
  }
  return text;
}
inline std::string describe_deviations(const response_parser& parser) {
  return describe(parser.deviations());
}
inline std::string describe_deviations(const request_parser&) { return {}; }

inline std::string describe(headers_view fields) {
  std::string text;
  for (const header_view field : fields)
    text += "[" + std::string(field.name) + "=" + std::string(field.value) + "]";
  return text;
}

inline std::string describe(const parse_error& error) {
  return make_error_code(error.code).message() + " @" + std::to_string(error.offset) + " (" + error.rule +
         ")";
}

/// What came of an input.
struct transcript {
  std::string head;    ///< All heads, interim ones with a "~".
  std::string fields;  ///< Of the last head.
  std::string body;
  std::string trailers;
  std::string end;  ///< "end", "error: ...", or empty if more is needed.
  std::string deviations;
  errc code{};
  std::size_t used = 0;  ///< How much of the input the message took; not counted after an error.

  std::string all() const {
    return head + "\n" + fields + "\n" + body + "\n" + trailers + "\n" + end + "\n" + deviations + "\n" +
           std::to_string(used);
  }
};

/// Feeds `parser` with one buffer that grows by the given pieces. Every feed gets memory of its own and exact
/// size, so that sanitizers see whatever is read outside or kept too long.
template <class Parser>
class recorder {
 public:
  explicit recorder(Parser& parser) : parser_(parser) {}

  /// Returns: whether the parser wants more.
  bool add(std::string_view piece) {
    pending_ += piece;
    while (true) {
      const std::unique_ptr<char[]> memory(new char[pending_.size()]);
      if (!pending_.empty()) std::memcpy(memory.get(), pending_.data(), pending_.size());
      const step result = parser_.feed({memory.get(), pending_.size()});
      if (!take(result)) return result.what == event::need_more;
    }
  }

  void finish() {
    const step result = parser_.finish();
    if (result.what == event::end) record_.end = "end";
    if (result.what == event::error) take(result);
  }

  transcript result() {
    record_.deviations = describe_deviations(parser_);
    return record_;
  }

 private:
  bool take(const step& result) {
    record_.body += result.body;
    switch (result.what) {
      case event::need_more:
        break;
      case event::interim:
      case event::head:
        record_.head += (result.what == event::head ? "" : "~") + describe(parser_) + ";";
        record_.fields = describe(parser_.headers());
        break;
      case event::body:
        break;
      case event::end:
        record_.end = "end";
        record_.trailers = describe(parser_.trailers());
        break;
      case event::error:
        record_.code = parser_.error().code;
        record_.end = "error: " + describe(parser_.error());
        record_.used = 0;
        return false;
    }
    record_.used += result.consumed;
    pending_.erase(0, result.consumed);
    return result.what != event::need_more && result.what != event::end;
  }

  Parser& parser_;
  std::string pending_;
  transcript record_;
};

/// Feeds the pieces one after the other; with `close`, the peer closes then.
template <class Parser>
transcript record(Parser& parser, const std::vector<std::string_view>& pieces, bool close) {
  recorder<Parser> recorder(parser);
  bool more = true;
  for (const std::string_view piece : pieces)
    if (more) more = recorder.add(piece);
  if (more && close) recorder.finish();
  return recorder.result();
}

/// The transcript of the whole input, compared with those of every split into two and of single bytes.
/// Returns: the differing transcript's text in `end` if one differs.
template <class MakeParser>
transcript record_all_splits(std::string_view input, bool close, MakeParser make_parser) {
  auto whole_parser = make_parser();
  transcript whole = record(whole_parser, {input}, close);
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i != input.size(); ++i) {
    bytes.push_back(input.substr(i, 1));
    auto parser = make_parser();
    const transcript split = record(parser, {input.substr(0, i), input.substr(i)}, close);
    if (split.all() != whole.all())
      whole.end = "split at " + std::to_string(i) + ": " + split.all() + "\nwhole: " + whole.all();
  }
  auto parser = make_parser();
  const transcript single = record(parser, bytes, close);
  if (single.all() != whole.all()) whole.end = "single bytes: " + single.all() + "\nwhole: " + whole.all();
  return whole;
}

}  // namespace bight::http::h1
