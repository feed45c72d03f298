// bight::crawl: a web crawler and its parts.
#pragma once

// The crawler
#include <bight/crawl/crawl_options.hpp>  // crawl_options
#include <bight/crawl/crawler.hpp>        // crawler
#include <bight/crawl/fetch_events.hpp>   // page_request, page_response, fetch_failure: arguments of hooks
#include <bight/crawl/page.hpp>           // page: the result of a fetch
#include <bight/crawl/report.hpp>         // crawl_report

// Its parts
#include <bight/crawl/document.hpp>      // document, selector: the tree of a page
#include <bight/crawl/frontier.hpp>      // frontier: known and pending URLs
#include <bight/crawl/links.hpp>         // link_extractor
#include <bight/crawl/robots.hpp>        // robots_rules: robots.txt
#include <bight/crawl/scope.hpp>         // scope: which URLs belong to a crawl
#include <bight/crawl/sitemap.hpp>       // sitemap_parser: sitemaps and feeds
#include <bight/crawl/sitemap_walk.hpp>  // sitemap_urls: those of a site

// Link checking
#include <bight/crawl/external_checker.hpp>  // external_checker: links to other sites
#include <bight/crawl/fragments.hpp>         // fragment_ids: the ids of a page
#include <bight/crawl/link_cache.hpp>        // link_cache: good links of earlier runs
#include <bight/crawl/link_checker.hpp>      // link_checker: the links of a crawl
#include <bight/crawl/link_report.hpp>       // link_report and its formats
#include <bight/crawl/local_pages.hpp>       // add_local_pages: files without a server
#include <bight/crawl/markdown.hpp>          // read_markdown
