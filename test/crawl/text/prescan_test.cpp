// The charset that a page declares: HTML standard 13.2.3.2.
#include "crawl/text/prescan.hpp"

#include <gtest/gtest.h>

namespace bight::crawl::charsets::prescan_test {

TEST(prescan, finds_the_first_declaration) {
  struct page {
    std::string_view head;
    std::string_view label;
  };
  const page pages[] = {
      {"<meta charset=gb2312>", "gb2312"},
      {"<META CHARSET = ' Big5 '>", " big5 "},
      {"<meta/charset=\"koi8-r\"/>", "koi8-r"},
      {"<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>", "windows-1251"},
      {"<meta content='text/html; charset=\"shift_jis\"' http-equiv='content-type'>", "shift_jis"},
      {"<meta content='charset charset = euc-kr; x' http-equiv='content-type'>", "euc-kr"},
      {"<meta charset=gbk charset=big5>", "gbk"},
      {"<meta charset=unknown><meta charset=big5>", "big5"},
      {"<!-- <meta charset=big5> --><meta charset=gbk>", "gbk"},
      {"<!--><meta charset=gbk>", "gbk"},
      {"<a title='<meta charset=big5>'><meta charset=gbk>", "gbk"},
      {"</a title='<meta charset=big5>'><meta charset=gbk>", "gbk"},
      {"<!doctype html><?x <meta charset=big5>?><meta charset=gbk>", "gbk"},
      {"1 < 2 <meta charset=gbk>", "gbk"},
      {"<?xml version=\"1.0\" encoding='iso-8859-2'?><html>", "iso-8859-2"},
      {"<?xml version='1.0' encoding='iso-8859-2'?><meta charset=gbk>", "gbk"},
      {"<meta charset=utf-16le>", "utf-8"},
  };
  for (const auto& p : pages) EXPECT_EQ(prescan(p.head), p.label) << p.head;
}

TEST(prescan, what_declares_nothing) {
  for (const auto* const head :
       {"", "<", "<meta", "<meta ", "<metacharset=gbk>", "<meta content='text/html; charset=gbk'>",
        "<meta charset=nonsense>", "charset=gbk", "<!-- <meta charset=gbk>",
        "<meta name=charset content=gbk>", "<meta http-equiv=content-type content='charset=\"gbk'>",
        "<?xml version='1.0'?>", "<?xml encoding=gbk?>"})
    EXPECT_EQ(prescan(head), "") << head;
}

}  // namespace bight::crawl::charsets::prescan_test
