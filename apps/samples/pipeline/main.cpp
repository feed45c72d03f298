// pipeline: counts lines, words and bytes of files, and prints a JSON object for each.
//
// Pattern: producer-consumer. One producer fills a bounded queue, and waits while it is full; workers empty
// it. The end of the input, or Ctrl-C, shuts the queue down: what is in it is still processed. A second
// Ctrl-C cancels that.
//
//     find /usr/include -name '*.h' | pipeline -     a file a line
//     pipeline FOLDER                                the files in it, and those that appear or change
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/http/json.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

namespace fs = bight::fs;

using jobs = bight::queue<std::string>;

struct counts {
  std::string path;
  std::uint64_t lines = 0;
  std::uint64_t words = 0;
  std::uint64_t bytes = 0;
  std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(counts, (), (path, lines, words, bytes, error))

// ---- producers ----

bight::awaitable<void> read_list(bight::byte_source& list, jobs& queue) {
  bight::line_reader lines{list};
  auto path = co_await lines.next();
  while (path) {
    if (!path->empty()) co_await queue.put(std::string{*path});
    path = co_await lines.next();
  }
}

bight::awaitable<void> put_tree(std::filesystem::path folder, jobs& queue) {
  fs::walk tree{folder};
  auto entry = co_await tree.next();
  while (entry) {
    if (entry->kind == fs::file_kind::regular) co_await queue.put(entry->path.string());
    entry = co_await tree.next();
  }
}

bight::awaitable<bool> is_file(std::filesystem::path path) {
  try {
    const auto found = co_await fs::lstat(path);
    co_return found.kind == fs::file_kind::regular;
  } catch (const boost::system::system_error&) { co_return false; }  // removed meanwhile
}

// Goes on until it is cancelled, or the folder is removed.
bight::awaitable<void> watch_folder(std::filesystem::path folder, jobs& queue) {
  fs::watch watch{folder};
  co_await watch.start();  // before the folder is read, so that no file falls between
  co_await put_tree(folder, queue);
  auto changes = co_await watch.next();
  while (changes) {
    for (const auto& change : *changes) {
      if (change.kind == fs::change_kind::rescan) co_await put_tree(change.path, queue);
      if (change.kind != fs::change_kind::added && change.kind != fs::change_kind::modified) continue;
      const bool file = co_await is_file(change.path);
      if (file) co_await queue.put(change.path.string());
    }
    changes = co_await watch.next();
  }
}

// ---- workers ----

void add(counts& c, std::string_view line) {
  ++c.lines;
  c.bytes += line.size() + 1;
  char before = ' ';
  for (const char letter : line) {
    if (before == ' ' && letter != ' ') ++c.words;
    before = letter;
  }
}

bight::awaitable<counts> count(std::string path) {
  counts c;
  c.path = path;
  try {
    const auto file = co_await fs::open(path);
    fs::lines lines{file};
    auto line = co_await lines.next();
    while (line) {
      add(c, *line);
      line = co_await lines.next();
    }
  } catch (const boost::system::system_error& e) {
    c.error = e.what();  // a result like any other: the next file may be readable
  }
  co_return c;
}

// ---- the whole ----

using producer = std::function<bight::awaitable<void>(jobs&)>;

// Returns the number of files.
bight::awaitable<std::size_t> pipeline(producer produce, std::size_t workers, fs::output_stream& out) {
  bight::signals stop{SIGINT, SIGTERM};  // while it exists, these signals do not end the program
  jobs queue{4 * workers};
  std::size_t done = 0;
  auto produce_all = [&]() -> bight::awaitable<void> {
    co_await produce(queue);
    queue.shutdown();
  };
  auto process = [&](std::string path) -> bight::awaitable<void> {
    const auto result = co_await count(std::move(path));
    co_await out.write(bight::http::to_json(result) + '\n');
    ++done;
  };
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    auto producing = group.spawn(std::ref(produce_all));
    auto working = group.spawn([&] { return bight::workers(queue, workers, std::ref(process)); });
    co_await bight::race(working.wait(), stop.next());
    if (working.done()) co_return;
    producing.cancel();
    queue.shutdown();
    std::cerr << "pipeline: " << queue.size() << " files are left; Ctrl-C drops them" << std::endl;
    co_await bight::race(working.wait(), stop.next());
    if (!working.done()) group.cancel();
  });
  co_await out.flush();
  co_return done;
}

#ifndef PIPELINE_TEST
int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: pipeline FOLDER | -\n";
    return 2;
  }
  return bight::run_main([from = std::string{arguments[1]}]() -> bight::awaitable<void> {
    auto in = fs::standard_input();
    auto out = fs::standard_output();
    producer produce = [&](jobs& queue) { return watch_folder(from, queue); };
    if (from == "-") produce = [&](jobs& queue) { return read_list(in, queue); };
    const auto done = co_await pipeline(std::move(produce), 8, out);
    std::cerr << "pipeline: " << done << " files\n";
  });
}
#endif
