#include "http/coding/content_decoder.hpp"

#include <algorithm>
#include <bight/http/error.hpp>
#include <bight/http/headers.hpp>
#include <cstring>
#include <utility>

#include "http/h1/chars.hpp"

namespace bight::http::coding {
namespace {

constexpr std::size_t buffer_size = 16 * 1024;

}  // namespace

boost::system::result<content_decoder> content_decoder::create(std::string_view content_encoding,
                                                               const decode_options& options) {
  content_decoder decoder;
  decoder.options_ = options;
  bool too_many = false;
  h1::for_each_element(content_encoding, [&](std::string_view coding) {
    if (equal_ignoring_case(coding, "identity")) return true;
    too_many = decoder.stages_.size() == options.max_codings;
    if (too_many) return false;
    stage next;
    next.coder = make_coder(coding);
    if (!next.coder) {
      decoder.unknown_ = true;
      return false;
    }
    decoder.stages_.push_back(std::move(next));
    return true;
  });
  if (too_many || (decoder.unknown_ && !options.pass_unknown))
    return boost::system::error_code(errc::unsupported_content_coding);
  if (decoder.unknown_) decoder.stages_.clear();
  // The codings are listed in the order in which they were applied.
  std::reverse(decoder.stages_.begin(), decoder.stages_.end());
  for (std::size_t i = 0; i + 1 < decoder.stages_.size(); ++i) decoder.stages_[i].buffer.resize(buffer_size);
  return decoder;
}

content_decoder::step content_decoder::decode(std::string_view input, std::span<char> output) {
  step done;
  if (error_) return {0, 0, error_};
  if (identity()) {
    done.consumed = done.produced = std::min(input.size(), output.size());
    if (done.consumed != 0) std::memcpy(output.data(), input.data(), done.consumed);
    consumed_ += done.consumed;
    check_limits(produced_ + done.produced);
  } else {
    const std::string_view before = input;
    const std::span<char> room = output;
    consumed_ += before.size();  // for the ratio: what is at hand
    while (!error_ && run(stages_.size() - 1, input, output)) {}
    done.consumed = before.size() - input.size();
    done.produced = room.size() - output.size();
    consumed_ -= input.size();
  }
  produced_ += done.produced;
  done.error = error_;
  return done;
}

// Lets one stage make progress, fed by the stages before it. Returns: whether anything moved and there is
// room left.
bool content_decoder::run(std::size_t index, std::string_view& input, std::span<char>& output) {
  if (output.empty()) return false;
  stage& here = stages_[index];
  std::string_view source = input;
  if (index != 0) {
    stage& before = stages_[index - 1];
    if (before.begin == before.end) {
      std::span<char> room(before.buffer);
      while (!error_ && run(index - 1, input, room)) {}
      before.begin = 0;
      before.end = before.buffer.size() - room.size();
    }
    source = {before.buffer.data() + before.begin, before.end - before.begin};
  }
  if (error_) return false;
  const coder::step done = here.coder->decode(source, output);
  output = output.subspan(done.produced);
  if (index == 0) {
    input.remove_prefix(done.consumed);
  } else {
    stages_[index - 1].begin += done.consumed;
  }
  here.produced += done.produced;
  if (done.error) error_ = done.error;
  if (!error_) check_limits(here.produced);
  return done.consumed != 0 || done.produced != 0;
}

// `produced` is what one stage has put out in all. An inner stage counts, too: bytes that a later stage
// throws away cost as much as others.
void content_decoder::check_limits(std::uint64_t produced) noexcept {
  if (produced > options_.ratio_after && produced > consumed_ * options_.max_ratio) {
    error_ = errc::decompression_bomb;
  } else if (produced > options_.max_decoded) {
    error_ = errc::body_too_large;
  }
}

boost::system::error_code content_decoder::pass(std::string_view input) noexcept {
  if (error_) return error_;
  consumed_ += input.size();
  produced_ += input.size();
  check_limits(produced_);
  return error_;
}

boost::system::error_code content_decoder::finish() {
  if (error_) return error_;
  if (consumed_ == 0) return {};
  const auto complete = [](const stage& one) { return one.coder->complete(); };
  if (!std::all_of(stages_.begin(), stages_.end(), complete)) error_ = errc::truncated;
  return error_;
}

bool content_decoder::trailing_garbage() const noexcept {
  return std::any_of(stages_.begin(), stages_.end(),
                     [](const stage& one) { return one.coder->trailing_garbage(); });
}

}  // namespace bight::http::coding
