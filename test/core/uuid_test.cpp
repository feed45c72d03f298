#include <bight/uuid.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

namespace bight::uuid_test {

constexpr const char* sample = "1b4e28ba-2fa1-4d02-883f-0016d3cca427";

TEST(uuid, is_nil_by_default) {
  EXPECT_TRUE(uuid{}.is_nil());
  EXPECT_EQ(uuid{}.to_string(), "00000000-0000-0000-0000-000000000000");
}

TEST(uuid, text_and_bytes_agree) {
  const uuid id{sample};
  const uuid::bytes_type bytes{0x1b, 0x4e, 0x28, 0xba, 0x2f, 0xa1, 0x4d, 0x02,
                               0x88, 0x3f, 0x00, 0x16, 0xd3, 0xcc, 0xa4, 0x27};
  EXPECT_EQ(id.bytes(), bytes);
  EXPECT_EQ(uuid{bytes}.to_string(), sample);
  EXPECT_EQ(id.version(), 4);
}

TEST(uuid, all_common_spellings_are_read) {
  const uuid id{sample};
  for (const char* text :
       {"1B4E28BA-2FA1-4D02-883F-0016D3CCA427", "{1b4e28ba-2fa1-4d02-883f-0016d3cca427}",
        "urn:uuid:1b4e28ba-2fa1-4d02-883f-0016d3cca427", "URN:UUID:1b4e28ba-2fa1-4d02-883f-0016d3cca427",
        "1b4e28ba2fa14d02883f0016d3cca427", "{1b4e28ba2fa14d02883f0016d3cca427}"})
    EXPECT_EQ(uuid::parse(text).value(), id) << text;
}

TEST(uuid, anything_else_is_refused) {
  for (const char* text :
       {"", "{}", "{", "1b4e28ba-2fa1-4d02-883f-0016d3cca42", "1b4e28ba-2fa1-4d02-883f-0016d3cca4277",
        "1b4e28ba-2fa1-4d02-883f-0016d3cca42g", "1b4e28ba-2fa1-4d02-883f0016d3cca427-",
        "1b4e28ba2-fa1-4d02-883f-0016d3cca427", "{1b4e28ba-2fa1-4d02-883f-0016d3cca427",
        "urn:uuid:{1b4e28ba-2fa1-4d02-883f-0016d3cca427}", " 1b4e28ba-2fa1-4d02-883f-0016d3cca427",
        "urn:uuid:"}) {
    EXPECT_FALSE(uuid::parse(text)) << text;
    EXPECT_THROW(uuid{text}, std::invalid_argument) << text;
  }
}

TEST(uuid, random_ones_have_version_and_variant_and_differ) {
  std::unordered_set<uuid> seen;
  for (int i = 0; i != 1000; ++i) {
    const auto id = uuid::random();
    EXPECT_EQ(id.version(), 4);
    EXPECT_EQ(id.bytes()[8] >> 6, 2);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(uuid, random_ones_differ_from_those_of_a_forked_process) {
  static_cast<void>(uuid::random());
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto text = uuid::random().to_string();
    ::_exit(::write(pipe[1], text.data(), text.size()) == 36 ? 0 : 1);
  }
  std::string text(36, ' ');
  EXPECT_EQ(::read(pipe[0], text.data(), text.size()), 36);
  EXPECT_NE(uuid::random().to_string(), text);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(uuid, time_ordered_ones_are_ascending_in_all_threads) {
  std::vector<std::vector<uuid>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made)
    threads.emplace_back([&mine] {
      for (int i = 0; i != 2000; ++i) mine.push_back(uuid::time_ordered());
    });
  for (auto& t : threads) t.join();
  std::unordered_set<std::string> times;
  for (const auto& mine : made) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    for (const auto& id : mine) {
      EXPECT_EQ(id.version(), 7);
      EXPECT_EQ(id.bytes()[8] >> 6, 2);
      EXPECT_TRUE(times.insert(id.to_string().substr(0, 18)).second) << "the time alone is unique";
    }
  }
}

TEST(uuid, time_ordered_ones_begin_with_the_time) {
  using std::chrono::milliseconds;
  const auto now = [] {
    return std::chrono::duration_cast<milliseconds>(wall_clock::now().time_since_epoch()).count();
  };
  const auto before = now();
  const auto text = uuid::time_ordered().to_string();
  const auto after = now();
  const auto made =
      static_cast<std::int64_t>(std::stoull(text.substr(0, 8) + text.substr(9, 4), nullptr, 16));
  EXPECT_GE(made, before);
  EXPECT_LE(made, after + 10);  // others of this process may have been made faster than time passes
}

TEST(uuid, order_is_that_of_the_text) {
  const uuid a{"00000000-0000-0000-0000-0000000000ff"}, b{"0f000000-0000-0000-0000-000000000000"};
  EXPECT_LT(a, b);
  EXPECT_LT(a.to_string(), b.to_string());
}

TEST(uuid, hashes_of_neighbours_differ) {
  std::unordered_set<std::size_t> hashes;
  for (int i = 0; i != 1000; ++i) hashes.insert(std::hash<uuid>{}(uuid::time_ordered()));
  EXPECT_EQ(hashes.size(), 1000u);
}

}  // namespace bight::uuid_test
