"""An independent walk over a web site, to compare a crawl with. Usage: walk_site.py URL

Prints "status url" for every URL on the host of the start, sorted. Uses nothing but Python's standard library.
"""

import collections
import http.client
import re
import sys
from html.parser import HTMLParser
from urllib.parse import quote, urldefrag, urljoin, urlsplit, urlunsplit

ATTRIBUTES = {
    "a": ["href"], "area": ["href"], "link": ["href"], "img": ["src", "srcset"], "script": ["src"],
    "iframe": ["src"], "frame": ["src"], "source": ["src", "srcset"], "video": ["src", "poster"], "audio": ["src"],
    "track": ["src"], "embed": ["src"], "object": ["data"], "input": ["src"], "body": ["background"],
}
CSS = re.compile(r"""url\(\s*['"]?([^'")]*)['"]?\s*\)|@import\s+['"]([^'"]*)['"]""")


class Links(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.base = None
        self.found = []
        self.in_style = False

    def handle_starttag(self, tag, attributes):
        values = {name: value or "" for name, value in reversed(attributes)}
        if tag == "base" and self.base is None and "href" in values:
            self.base = values["href"]
        if tag == "link" and not values.get("rel"):
            return  # it links to nothing
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            match = re.search(r"url\s*=\s*['\"]?([^'\"]*)", values.get("content", ""), re.I)
            if match:
                self.found.append(match[1])
        for name in ATTRIBUTES.get(tag, []):
            if name == "srcset":
                self.found += [part.split()[0] for part in values.get(name, "").split(",") if part.split()]
            elif name in values:
                self.found.append(values[name])
        self.css(values.get("style", ""))
        self.in_style = tag == "style"

    def handle_endtag(self, tag):
        self.in_style = False

    def handle_data(self, data):
        if self.in_style:
            self.css(data)

    def css(self, text):
        self.found += [plain or imported for plain, imported in CSS.findall(text)]


def absolute(base, reference):
    parts = urlsplit(urldefrag(urljoin(base, reference.strip()))[0])
    return urlunsplit(parts._replace(path=quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")))


def links_of(url, kind, body):
    text = body.decode("utf-8", "replace")
    if kind == "text/css":
        return [absolute(url, plain or imported) for plain, imported in CSS.findall(text)]
    if kind not in ("text/html", "application/xhtml+xml"):
        return []
    parser = Links()
    parser.feed(text)
    parser.close()
    base = urljoin(url, parser.base) if parser.base else url
    return [absolute(base, reference) for reference in parser.found if not reference.startswith("#")]


def walk(start):
    host = urlsplit(start).netloc
    connection = http.client.HTTPConnection(host, timeout=20)
    status = {}
    queue = collections.deque([start])
    known = {start}
    while queue:
        url = queue.popleft()
        parts = urlsplit(url)
        connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""))
        response = connection.getresponse()
        body = response.read()
        status[url] = response.status
        found = []
        if 300 <= response.status < 400 and response.getheader("Location"):
            found = [absolute(url, response.getheader("Location"))]
        elif response.status < 300:
            kind = (response.getheader("Content-Type") or "").split(";")[0].strip().lower()
            found = links_of(url, kind, body)
        for target in found:
            if urlsplit(target).scheme == "http" and urlsplit(target).netloc == host and target not in known:
                known.add(target)
                queue.append(target)
    return status


for address, code in sorted(walk(sys.argv[1]).items()):
    print(code, address)
