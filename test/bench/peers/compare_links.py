"""bight-crawl --check beside LinkChecker on a documentation site and a page of links with known verdicts.

compare_links.py <bight-crawl> <folder of HTML pages> [--pages 1200]

The folder is copied, up to that many pages, its links to other sites lead to a second server, and it gets a page of good and broken links to pages, fragments and to a
second server, which stands for other sites. Both programs check it; what only one of them reports is listed. Exit
status 1 if bight-crawl is wrong about a link with a known verdict. Needs Debian's linkchecker. LinkChecker runs as
another user if this is root: the folder must be readable by all."""

import argparse
import csv
import http.server
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

# path on the other server: status, fields
OTHER = {
    "/good": (200, {}),
    "/moved": (301, {"Location": "/good"}),
    "/moved-away": (301, {"Location": "/missing"}),
    "/loop": (302, {"Location": "/loop"}),
    "/missing": (404, {}),
    "/gone": (410, {}),
    "/error": (500, {}),
    "/no-head": (200, {}),
    "/private": (403, {}),
    "/login": (401, {}),
    "/busy": (429, {}),
    "/busy-later": (503, {"Retry-After": "60"}),
    "/down": (503, {}),
    "/bot": (999, {}),
    "/challenge": (403, {"cf-mitigated": "challenge"}),
}

# href on the page: verdict
LINKS = {
    "index.html": "good",
    "no-such-page.html": "broken",
    "no-such-image.png": "broken",
    "target.html#plain": "good",
    "target.html#named": "good",
    "target.html#Plain": "broken",
    "target.html#absent": "broken",
    "target.html#h%C3%A9": "good",
    "target.html#two%20words": "good",
    "target.html#": "good",
    "target.html#top": "good",
    "target.html#:~:text=words": "good",
    "target.html#plain:~:text=words": "good",
    "target.html#/route": "good",
    "target.html#!state": "good",
    "target.html#form-name": "broken",
    "picture.png#part": "good",
    "moved.html#plain": "good",
    "moved.html#absent": "broken",
    "#here": "good",
    "#not-here": "broken",
    "mailto:someone@example.org": "good",
    "tel:+123": "good",
    "data:text/plain,x": "good",
    "{other}/good": "good",
    "{other}/moved": "good",
    "{other}/moved-away": "broken",
    "{other}/loop": "broken",
    "{other}/missing": "broken",
    "{other}/gone": "broken",
    "{other}/error": "broken",
    "{other}/no-head": "good",
    "{other}/private": "not_checked",
    "{other}/login": "not_checked",
    "{other}/busy": "not_checked",
    "{other}/busy-later": "not_checked",
    "{other}/down": "broken",
    "{other}/bot": "not_checked",
    "{other}/challenge": "not_checked",
    "http://127.0.0.1:9/": "broken",
    "http://no-such-host.invalid/": "broken",
}

TARGET = (
    "<!doctype html><meta charset=utf-8><title>target</title><p id=plain>plain<a name=named>named</a>"
    "<p id='hé'>x<p id='two words'>y<form name=form-name></form>"
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass


class Site(Quiet):
    def end_headers(self):
        self.send_header("LinkChecker", "allowed")  # or it asks only ten times a second
        super().end_headers()

    def send_head(self):
        if self.path.partition("?")[0] != "/moved.html":
            return super().send_head()
        self.send_response(301)
        self.send_header("Location", "/target.html")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None


class Other(Quiet):
    def do_GET(self):
        self.answer()

    def do_HEAD(self):
        self.answer(head=True)

    def answer(self, head=False):
        status, fields = (200, {}) if self.path.startswith("/site/") else OTHER.get(self.path, (404, {}))
        if head and self.path == "/no-head":
            status = 405
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("LinkChecker", "allowed")
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *arguments):
        """Clients that leave early are no error."""


def serve(handler, address="127.0.0.1"):
    server = Server((address, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://{address}:{server.server_address[1]}"


def build_site(folder, pages, other, where):
    files = sorted(folder.rglob("*.html"), key=lambda file: (file != folder / "index.html", file))[: pages - 2]
    for file in files:
        copy = where / file.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(re.sub(rb'href="https?://', b'href="' + other.encode() + b"/site/", file.read_bytes()))
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix != ".html":
            copy = where / file.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    (where / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (where / "target.html").write_text(TARGET)
    lines = "\n".join(f'<a href="{href.format(other=other)}">link {n}</a>' for n, href in enumerate(LINKS))
    images = '<img src="no-such-image.png" alt="an image">'
    (where / "links.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>links</title><p id=here>\n{lines}\n{images}\n"
    )
    for path in [where, *where.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return len(files) + 2


def run_bight(program, starts):
    begun = time.monotonic()
    done = subprocess.run(
        [program, *starts, "--check", "--concurrency", "8", "--format", "json"], capture_output=True, text=True
    )
    report = json.loads(done.stdout.splitlines()[-1])
    found = {}
    for verdict in ("broken", "not_checked"):
        for link in report[verdict]:
            for place in link["places"]:
                found[(spelled(link["url"], link["cause"] == "fragment"), place["page"])] = (verdict, link["reason"])
    return found, report, time.monotonic() - begun


def run_linkchecker(starts, folder):
    config = folder / "linkcheckerrc"
    config.write_text(
        "[checking]\nthreads=8\nmaxrequestspersecond=1000\nrobotstxt=0\n[filtering]\ncheckextern=1\n"
        "[AnchorCheck]\n[output]\nverbose=1\n"
    )
    config.chmod(0o644)
    begun = time.monotonic()
    done = subprocess.run(
        ["linkchecker", "-f", str(config), "--no-status", "-o", "csv", *starts],
        capture_output=True, text=True, cwd="/tmp", env={**os.environ, "HOME": "/tmp", "LC_ALL": "C.UTF-8"},
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    found = {}
    rows = 0
    for row in csv.DictReader(io.StringIO("\n".join(lines)), delimiter=";"):
        rows += 1
        if row["valid"] != "True" or "Anchor" in (row["warningstring"] or ""):
            reason = row["result"] if row["valid"] != "True" else row["warningstring"].split(" Available")[0]
            # The column url is that after redirects.
            url = urljoin(row["parentname"], row["urlname"]) if row["parentname"] else row["url"]
            found[(spelled(url, reason.startswith("Anchor")), row["parentname"])] = ("broken", reason)
    return found, rows, time.monotonic() - begun


def spelled(url, with_fragment):
    page, fragment = urldefrag(url)
    return page + ("#" + unquote(fragment) if fragment and with_fragment else "")


def wrong(found, site, other):
    """The links of links.html whose verdict is not the known one."""
    page = f"{site}/links.html"
    for href, verdict in LINKS.items():
        href = href.format(other=other)
        url = href if ":" in href.partition("#")[0] else page + href if href.startswith("#") else f"{site}/{href}"
        keys = [(spelled(url, with_fragment), page) for with_fragment in (True, False)]
        got = next((found[key][0] for key in keys if key in found), "good")
        if got != verdict:
            yield f"{href}: {got}, not {verdict}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=1200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        where = Path(temporary)
        where.chmod(0o755)
        root = where / "site"
        root.mkdir()
        other = serve(Other, "127.0.0.2")
        count = build_site(options.folder, options.pages, other, root)
        site = serve(lambda *a: Site(*a, directory=root))
        starts = [f"{site}/index.html", f"{site}/links.html"]
        ours, report, our_time = run_bight(options.program, starts)
        theirs, rows, their_time = run_linkchecker(starts, where)

    print(f"{count} pages. bight-crawl: {report['pages']} pages, {report['links']} links, {report['urls']} URLs, "
          f"{our_time:.1f} s. LinkChecker: {rows} rows, {their_time:.1f} s.")
    both = ours.keys() & theirs.keys()
    print(f"Reported by both: {len(both)}")
    for title, mine, yours in (("bight-crawl", ours, theirs), ("LinkChecker", theirs, ours)):
        alone = sorted(mine.keys() - yours.keys())
        print(f"Reported by {title} alone: {len(alone)}")
        for url, page in alone:
            print(f"  {url} on {page}: {': '.join(mine[(url, page)])}")
    print("LinkChecker, links with another verdict than the known one:")
    for line in wrong(theirs, site, other):
        print(f"  {line}")
    ours_wrong = list(wrong(ours, site, other))
    print("bight-crawl, links with another verdict than the known one:", len(ours_wrong))
    for line in ours_wrong:
        print(f"  {line}")
    raise SystemExit(1 if ours_wrong else 0)


main()
