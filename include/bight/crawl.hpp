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
