// Sitemaps and feeds: what they list, in pieces of every size, and what is refused.
#include <bight/crawl/sitemap.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::sitemap_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct read_sitemap {
  std::vector<std::string> pages;
  std::vector<std::string> sitemaps;
  std::vector<std::string> alternates;
  std::vector<std::string> enclosures;
  std::vector<std::string> changed;
  sitemap_format format = sitemap_format::unknown;
  std::string error;
  std::size_t dropped = 0;
};

struct how {
  std::size_t piece = 1'000'000;
  std::string_view type = "text/xml";
  sitemap_limits limits{};
};

read_sitemap read(std::string_view body, how h = {}) {
  read_sitemap out;
  const auto note = [&](const sitemap_entry& e) {
    const auto& href = e.url.href();
    switch (e.kind) {
      case sitemap_entry_kind::page:
        out.pages.push_back(href);
        out.changed.emplace_back(e.changed);
        break;
      case sitemap_entry_kind::sitemap:
        out.sitemaps.push_back(href);
        break;
      case sitemap_entry_kind::alternate:
        out.alternates.push_back(std::string{e.language} + " " + href);
        break;
      case sitemap_entry_kind::enclosure:
        out.enclosures.push_back(href);
        break;
    }
  };
  sitemap_parser parser(http::url{"http://h/maps/sitemap.xml"}, h.type, h.limits);
  bool more = true;
  for (; more && !body.empty(); body.remove_prefix(std::min(h.piece, body.size())))
    more = parser.feed(body.substr(0, h.piece), note);
  parser.finish(note);
  out.format = parser.format();
  out.error = parser.error();
  out.dropped = parser.dropped();
  EXPECT_EQ(parser.entries(), out.pages.size() + out.sitemaps.size() + out.enclosures.size());
  return out;
}

std::string gzip(std::string_view text) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

constexpr std::string_view urlset = R"(<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url>
    <loc> http://h/a?x=1&amp;y=2 </loc>
    <xhtml:link rel="alternate" hreflang="de" href="http://h/de/a"/>
    <image:image><image:loc>http://h/picture.png</image:loc></image:image>
    <lastmod>2024-01-02</lastmod>
  </url>
  <url><loc><![CDATA[http://h/b]]></loc></url>
  <url><loc>mailto:me@h</loc></url>
  <url><loc>/relative</loc></url>
</urlset>
)";

TEST(sitemap, a_urlset_has_pages_dates_and_translations) {
  for (const std::size_t piece : {1U, 2U, 3U, 100U, 100'000U}) {
    const auto got = read(urlset, {.piece = piece});
    EXPECT_EQ(got.format, sitemap_format::urlset);
    EXPECT_THAT(got.pages, ElementsAre("http://h/a?x=1&y=2", "http://h/b", "http://h/relative"));
    EXPECT_THAT(got.changed, ElementsAre("2024-01-02", "", ""));
    EXPECT_THAT(got.alternates, ElementsAre("de http://h/de/a"));
    EXPECT_EQ(got.dropped, 1U);
    EXPECT_EQ(got.error, "");
  }
}

TEST(sitemap, gzip_is_recognised_by_its_content_several_members_and_padding_too) {
  const auto half = urlset.size() / 2;
  const std::string bodies[] = {
      gzip(urlset),
      gzip(urlset.substr(0, half)) + gzip(urlset.substr(half)),
      gzip(urlset) + std::string(20, '\0'),
  };
  for (const auto& body : bodies)
    for (const std::size_t piece : {1U, 5U, 100'000U}) {
      const auto got = read(body, {.piece = piece, .type = "application/gzip"});
      EXPECT_EQ(got.pages.size(), 3U) << piece;
      EXPECT_EQ(got.error, "");
    }
  const auto cut = read(gzip(urlset).substr(0, 300));
  EXPECT_THAT(cut.error, HasSubstr("end too early"));
  auto corrupt = gzip(urlset);
  corrupt[20] = static_cast<char>(corrupt[20] ^ 0x55);
  EXPECT_NE(read(corrupt).error, "");
}

TEST(sitemap, an_index_leads_to_sitemaps) {
  const auto got = read(
      "<sitemapindex><sitemap><loc>http://h/1.xml.gz</loc><lastmod>x</lastmod></sitemap>"
      "<sitemap><loc>2.xml</loc></sitemap></sitemapindex>");
  EXPECT_EQ(got.format, sitemap_format::index);
  EXPECT_THAT(got.sitemaps, ElementsAre("http://h/1.xml.gz", "http://h/maps/2.xml"));
}

TEST(sitemap, rss_has_items_the_site_and_files) {
  const auto got = read(R"(<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
    <title>t</title><link>http://h/</link>
    <atom:link rel="self" href="http://h/feed.xml"/><atom:link rel="next" href="http://h/feed.xml?page=2"/>
    <image><link>http://h/image-of-the-channel</link></image>
    <item><link>http://h/1</link><guid>http://h/guid-1</guid><pubDate>Tue</pubDate></item>
    <item><guid isPermaLink="false">http://h/no</guid></item>
    <item><guid>http://h/2</guid><enclosure url="http://h/2.mp3" type="audio/mpeg"/></item>
    </channel></rss>)");
  EXPECT_EQ(got.format, sitemap_format::rss);
  EXPECT_THAT(got.pages, ElementsAre("http://h/", "http://h/1", "http://h/2"));
  EXPECT_THAT(got.changed, ElementsAre("", "Tue", ""));
  EXPECT_THAT(got.sitemaps, ElementsAre("http://h/feed.xml?page=2"));
  EXPECT_THAT(got.enclosures, ElementsAre("http://h/2.mp3"));
}

TEST(sitemap, rss_1_has_its_items_beside_the_channel) {
  const auto got = read(R"(<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns="http://purl.org/rss/1.0/"><channel><link>http://h/</link></channel>
    <item><link>http://h/1</link></item></rdf:RDF>)");
  EXPECT_THAT(got.pages, ElementsAre("http://h/", "http://h/1"));
}

TEST(sitemap, atom_links_count_against_xml_base) {
  const auto got = read(R"(<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://other/x/">
    <link rel="self" href="feed"/><link href="."/>
    <entry xml:base="y/"><updated>2024</updated><link href="1"/><link rel="enclosure" href="1.mp3"/></entry>
    <entry><link rel="alternate" href="2"/></entry></feed>)");
  EXPECT_EQ(got.format, sitemap_format::atom);
  EXPECT_THAT(got.pages, ElementsAre("http://other/x/", "http://other/x/y/1", "http://other/x/2"));
  EXPECT_THAT(got.changed, ElementsAre("", "2024", ""));
  EXPECT_THAT(got.enclosures, ElementsAre("http://other/x/y/1.mp3"));
}

TEST(sitemap, text_has_a_url_a_line) {
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    const auto got = read("\xef\xbb\xbfhttp://h/1\r\n\n  https://h/2 \nnot a url\nhttp://h/3",
                          {.piece = piece, .type = "text/plain"});
    EXPECT_EQ(got.format, sitemap_format::text);
    EXPECT_THAT(got.pages, ElementsAre("http://h/1", "https://h/2", "http://h/3"));
    EXPECT_EQ(got.dropped, 1U);
    EXPECT_EQ(got.error, "");
  }
}

TEST(sitemap, other_charsets_are_read) {
  const std::string latin =
      "<?xml version='1.0' encoding='iso-8859-1'?><urlset><url><loc>http://h/jos\xe9"
      "</loc></url></urlset>";
  EXPECT_THAT(read(latin).pages, ElementsAre("http://h/jos%C3%A9"));
  std::string wide = "\xff\xfe";
  for (const char c : std::string_view{"<urlset><url><loc>http://h/w</loc></url></urlset>"})
    wide += {c, '\0'};
  EXPECT_THAT(read(wide).pages, ElementsAre("http://h/w"));
  EXPECT_THAT(
      read("\n <?xml version='1.0' encoding='utf-8'?><urlset><url><loc>http://h/\xff</loc></url></urlset>")
          .pages,
      ElementsAre("http://h/%EF%BF%BD"));
}

TEST(sitemap, a_fault_names_the_line_and_keeps_what_came_before) {
  const auto got = read(
      "<urlset>\n<url><loc>http://h/1</loc></url>\n<url><loc>http://h/2</url></loc>\n"
      "</urlset>");
  EXPECT_THAT(got.pages, ElementsAre("http://h/1"));
  EXPECT_THAT(got.error, HasSubstr("line 3: "));
  EXPECT_THAT(read("<urlset><url><loc>http://h/1</loc></url>").pages, ElementsAre("http://h/1"));
  EXPECT_NE(read("<urlset><url><loc>http://h/1</loc></url>").error, "");
}

TEST(sitemap, what_is_no_sitemap_says_so) {
  EXPECT_THAT(read("<!DOCTYPE html><html><body>404</body></html>").error,
              HasSubstr("root element is <html>"));
  EXPECT_THAT(read("User-agent: *\nDisallow: /\n").error, HasSubstr("no line is an http"));
  EXPECT_EQ(read("").error, "it is empty");
  EXPECT_EQ(read(" \n ").error, "it is empty");
  EXPECT_EQ(read("<").format, sitemap_format::unknown);
}

TEST(sitemap, entities_are_refused_and_external_ones_never_read) {
  std::string laughs = "<!DOCTYPE lolz [<!ENTITY a0 'ha'>";
  for (int i = 1; i != 10; ++i) {
    laughs += "<!ENTITY a" + std::to_string(i) + " '";
    for (int j = 0; j != 10; ++j) laughs += "&a" + std::to_string(i - 1) + ";";
    laughs += "'>";
  }
  laughs += "]><urlset><url><loc>http://h/&a9;</loc></url></urlset>";
  EXPECT_THAT(read(laughs).error, HasSubstr("entity 'a0'"));
  const auto external = read(
      "<!DOCTYPE u [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
      "<urlset><url><loc>http://h/&x;</loc></url></urlset>");
  EXPECT_THAT(external.error, HasSubstr("entity 'x'"));
  EXPECT_THAT(external.pages, IsEmpty());
  EXPECT_THAT(read("<!DOCTYPE rss PUBLIC '-//N//DTD RSS 0.91//EN' 'http://h/rss.dtd'><rss><channel>"
                   "<link>http://h/</link></channel></rss>")
                  .pages,
              ElementsAre("http://h/"));
}

TEST(sitemap, every_limit_stops_it_and_is_named) {
  std::string many = "<urlset>";
  for (int i = 0; i != 20; ++i) many += "<url><loc>http://h/" + std::to_string(i) + "</loc></url>";
  many += "</urlset>";
  const auto entries = read(many, {.limits = {.max_entries = 7}});
  EXPECT_EQ(entries.pages.size(), 7U);
  EXPECT_THAT(entries.error, HasSubstr("more than 7 entries"));

  const auto bytes = read(many, {.limits = {.max_bytes = 200}});
  EXPECT_THAT(bytes.error, HasSubstr("larger than 200 bytes"));
  EXPECT_EQ(read(many, {.limits = {.max_bytes = many.size()}}).error, "");

  // A bomb: 100 MB in 100 kB.
  const auto bomb = gzip("<urlset><url><loc>" + std::string(100'000'000, ' '));
  const auto got = read(bomb, {.limits = {.max_bytes = 1'000'000}});
  EXPECT_THAT(got.error, HasSubstr("larger than 1000000 bytes"));

  std::string deep;
  for (int i = 0; i != 100; ++i) deep += "<urlset>";
  EXPECT_THAT(read(deep).error, HasSubstr("more than 64 elements within each other"));

  const auto longest = read("<urlset><url><loc>http://h/" + std::string(50'000, 'a') +
                            "</loc></url><url><loc>"
                            "http://h/b</loc></url></urlset>");
  EXPECT_THAT(longest.pages, ElementsAre("http://h/b"));
  EXPECT_EQ(longest.dropped, 1U);
}

TEST(sitemap, an_exception_of_the_sink_is_passed_on) {
  sitemap_parser parser(http::url{"http://h/"});
  const auto fail = [](const sitemap_entry&) { throw std::runtime_error("enough"); };
  std::string body{urlset};
  EXPECT_THROW(static_cast<void>((parser.feed(body, fail), parser.finish(fail))), std::runtime_error);
}

TEST(sitemap, ampersands_that_are_not_escaped_are_taken_as_they_are) {
  constexpr std::string_view body =
      "<urlset><url><loc>http://h/1?a=1&b=2&amp;c&#61;3&#x26;d&nbsp;&</loc></url><!-- & -->"
      "<url><loc><![CDATA[http://h/2?a=1&b=2&amp;c]]></loc></url><url><loc><![CDATA[http://h/"
      "3?]]]]><![CDATA[&x]]>&y</loc></url>"
      "<url><loc>http://h/4</loc><xhtml:link rel='alternate' hreflang='de' "
      "href='http://h/4?l=de&x=1'/></url></urlset>";
  for (const std::size_t piece : {1U, 2U, 7U, 100'000U}) {
    const auto got = read(body, {.piece = piece});
    EXPECT_THAT(got.pages, ElementsAre("http://h/1?a=1&b=2&c=3&d&nbsp;&", "http://h/2?a=1&b=2&amp;c",
                                       "http://h/3?]]&x&y", "http://h/4"));
    EXPECT_THAT(got.alternates, ElementsAre("de http://h/4?l=de&x=1"));
    EXPECT_EQ(got.error, "") << "and prefixes need not be declared";
  }
}

TEST(sitemap, a_urlset_may_be_within_another) {
  const auto got = read("<urlset><urlset><url><loc>http://h/1</loc></url></urlset></urlset>");
  EXPECT_THAT(got.pages, ElementsAre("http://h/1"));
}

TEST(sitemap, rss_may_borrow_links_without_saying_from_where) {
  const auto got = read(
      "<rss><channel><atom:link href='http://h/self' rel='self'/><link>http://h/</link>"
      "<item><link>http://h/1</link><atom:link rel='enclosure' "
      "href='http://h/1.mp3'/></item></channel></rss>");
  EXPECT_THAT(got.pages, ElementsAre("http://h/", "http://h/1"));
  EXPECT_THAT(got.enclosures, ElementsAre("http://h/1.mp3"));
  EXPECT_EQ(got.error, "");
}

}  // namespace bight::crawl::sitemap_test
