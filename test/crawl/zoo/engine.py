"""Fetching: statuses, bodies, URLs, robots.txt, redirects, back-off."""
import gzip
import time
import zlib

from server import Response, fallback, get, links, moved, page

# ---- run pages: h1 -------------------------------------------------------------------------------

MAIN = []


def main(path, *arguments, **options):
    """A fixed answer that the start page links to."""
    MAIN.append(path)
    page(path, *arguments, **options)


def main_get(path):
    MAIN.append(path)
    return get(path)


get("/")(lambda request: links(*MAIN))
page("/robots.txt", "User-agent: *\nDisallow: /private\nAllow: /private/open$\n", type="text/plain")
main("/ok")
main("/gone", status=410)
MAIN.append("/missing")
main("/unauthorized", status=401)
main("/forbidden", status=403)
main("/teapot", status=418)
main("/strange", status=999)
main("/private")
main("/private/open")
main("/empty", status=204, type=None)
main("/not-modified", status=304)
main("/always-500", status=500)
main("/always-503", status=503)
main_get("/once-500")(lambda r: Response("x", 500 if r.count == 1 else 200))
main_get("/once-408")(lambda r: Response("x", 408 if r.count == 1 else 200))
main_get("/once-502")(lambda r: Response("x", 502 if r.count == 1 else 200))
main_get("/once-503")(lambda r: Response("x", 503 if r.count == 1 else 200))
main_get("/once-429")(
    lambda r: Response("x", 429, headers=[("Retry-After", "1")]) if r.count == 1 else Response("x"))
main_get("/once-closed")(lambda r: Response(raw=b"") if r.count == 1 else Response("x"))
main_get("/once-cut")(
    lambda r: Response(links("/from-once-cut"), cut=10) if r.count == 1 else Response(links("/from-once-cut")))
page("/from-once-cut")

# Bodies.
main("/large.bin", b"x" * 1000, type="application/octet-stream", headers=[("Content-Length", str(100 << 20))], cut=1000)
main("/cut.png", b"x" * 100, type="image/png", cut=50)
main("/cut", links("/from-cut") + "x" * 1000, cut=500)
page("/from-cut")
main("/chunked", raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"1e\r\n<a href='/from-chunked'>x</a>\n\r\n0\r\n\r\n")
page("/from-chunked")
main("/cut-chunked", raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"20\r\n<a href='/from-cut-chunked'>x</a>\r\n")
page("/from-cut-chunked")
main("/http-1.0", raw=b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<a href=/from-1.0>x</a>")
page("/from-1.0")
main("/bare-lf", raw=b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 27\n\n<a href=/from-bare-lf>x</a>")
page("/from-bare-lf")
main("/early-hints", raw=b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
main("/big-head", headers=[(f"X-Filler-{i}", "y" * 1000) for i in range(100)])
main("/endless-head", raw=b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(2000)))
main("/no-http", raw=b"SSH-2.0-OpenSSH_9.2\r\n")


def gzipped(path, body, cut=None, coding="gzip"):
    main(path, gzip.compress(body.encode()), headers=[("Content-Encoding", coding)], cut=cut)


gzipped("/gzip", links("/from-gzip"))
page("/from-gzip")
gzipped("/cut-gzip", links("/from-cut-gzip") + "".join(chr(97 + i * i % 23) for i in range(20000)), cut=120)
page("/from-cut-gzip")
gzipped("/gzip-250", " " * 2_000_000 + "".join(chr(97 + i * i * i % 26) for i in range(10000)) + links("/from-gzip-250"))
page("/from-gzip-250")
gzipped("/bomb", links("/from-bomb") + "\0" * (80 << 20))
page("/from-bomb")
main("/one-line", links("/from-one-line") + '<a href="', repeat=1024)
page("/from-one-line")
main("/no-gzip", links("/never"), headers=[("Content-Encoding", "gzip")])
main("/deflate", zlib.compress(links("/from-deflate").encode()), headers=[("Content-Encoding", "deflate")])
page("/from-deflate")

# Types.
main("/no-type", "\n <!doctype html>" + links("/from-no-type"), type=None)
page("/from-no-type")
main("/no-type-text", "some text\n" + links("/never"), type=None)
main("/text", links("/never"), type="text/plain")
main("/xhtml", links("/from-xhtml"), type="application/xhtml+xml")
page("/from-xhtml")
XHTML = '<?xml version="1.0"?>\n<!-- x --><html xmlns="http://www.w3.org/1999/xhtml"><body>'
main("/xhtml.xml", XHTML + links("/from-xml"), type="application/xml")
page("/from-xml")
main("/xhtml-text.xml", XHTML + links("/from-text-xml"), type="text/xml; charset=utf-8")
page("/from-text-xml")
main("/data.xml", "<?xml version='1.0'?><data>" + links("/never") + "</data>", type="text/xml")

# URLs.
main("/spellings", links("/caf%c3%a9", "/caf%C3%A9", "/%7Euser", "/~user"))
page("/caf%C3%A9")
page("/~user")
main_get("/bytes")(lambda r: Response(b'<a href="/na\xefve">x</a>'))
page("/na%EFve")
main_get("/bytes-moved")(lambda r: moved(b"/jos\xe9"))
page("/jos%E9")
main("/spelling-moved", status=301, headers=[("Location", "/%73pelling-moved")])
page("/%73pelling-moved")
main("/base", '<base href="/based/"><a href="#x">x</a>')
page("/based/")
main("/space", '<a href=" /a b\tc\n">x</a>')
page("/a%20bc")
main("/backslash", '<a href="\\back\\slash">x</a>')
page("/back/slash")
main("/broken-urls", links("http://", "http://[::1", "http://h1:99999/", "http://a b/", "mailto:x@y", "javascript:x()"))
main("/nofollow", '<a rel="external nofollow" href="/never">x</a>')
main("/meta-nofollow", '<meta name=robots content=nofollow>' + links("/never"))
main("/header-nofollow", links("/never"), headers=[("X-Robots-Tag", "nofollow")])
main("/long-url", links("/" + "x" * 20000))

# Redirects.
main_get("/moved")(lambda r: moved("/ok", 301))
main_get("/moved-away")(lambda r: moved("http://h2/", 302))
main_get("/moved-nowhere")(lambda r: Response("", 302))
main_get("/moved-bad")(lambda r: moved("http://"))
main_get("/loop")(lambda r: moved("/loop2"))
get("/loop2")(lambda r: moved("/loop"))
main_get("/hop/0")(lambda r: moved("/hop/1"))
for n in range(1, 13):
    get(f"/hop/{n}")(lambda r, n=n: moved(f"/hop/{n + 1}"))

# ---- robots.txt: h2 and paths of its own -----------------------------------------------------------

get("/robots.txt", 2)(
    lambda r: Response("", 503, headers=[("Retry-After", "1")]) if r.count == 1
    else Response("User-agent: *\nDisallow: /no\n", type="text/plain"))
page("/", links("/yes", "/no"), 2)
page("/yes", "", 2)
page("/no", "", 2)

get("/robots.txt", 3)(lambda r: Response(raw=b"") if r.count <= 2 else Response("", 404))
page("/", "", 3)

get("/robots.txt", 4)(lambda r: Response("", 500))
page("/", "", 4)

# ---- back-off: h5 says 429 for its first two seconds and 503 now and then -------------------------

BEGIN = []
page("/robots.txt", "", 5, status=404)


@fallback(5)
def throttling(request):
    if request.path == "/":
        return links(*(f"/{n}" for n in range(30)))
    BEGIN.append(time.monotonic())
    if time.monotonic() - BEGIN[0] < 2:
        return Response("", 429)
    return Response("x")


# h6 never answers anything else.
page("/robots.txt", "", 6, status=404)
page("/", links("/1", "/2", "/3"), 6)
for n in (1, 2, 3):
    page(f"/{n}", "", 6, status=429)

# ---- scope: h7 and h8 ------------------------------------------------------------------------------

get("/docs", 7)(lambda r: moved("/docs/", 301))
page("/docs/", links("/docs/a", "/blog/"), 7)
page("/docs/a", "", 7)
page("/blog/", "", 7)
get("/home", 7)(lambda r: moved("http://h8/", 301))
page("/", links("/a", "http://h7/blog/"), 8)
page("/a", "", 8)

# ---- traps: below /trap of h8 ----------------------------------------------------------------------


def endless(path):
    def register(function):
        get(path, 8)(lambda r: links(*function(r)))
        return function
    return register


@endless("/trap/calendar")
def calendar(request):
    month = int(request.query.partition("=")[2] or 0)
    return [f"/trap/calendar?month={month + 1}", f"/trap/calendar?month={month - 1}"]


@fallback(8)
def growing(request):
    if not request.path.startswith("/trap/grow/"):
        return Response("", 404)
    return links("more/")


# ---- depth: h9; the short path is slow ------------------------------------------------------------

page("/", links("/slow", "/1"), 9)
page("/slow", links("/3"), 9, delay=0.3)
page("/1", links("/2"), 9)
page("/2", links("/3"), 9)
page("/3", links("/4"), 9)
page("/4", links("/5"), 9)
page("/5", "", 9)
