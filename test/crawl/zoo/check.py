"""Links: to pages, fragments and other sites. Start at http://h1/check/; h8 stands for the other sites."""
from server import Response, get, moved, page

START = []


def link(href, body=None, **options):
    """A link of the start page; with `body`, its target on h1."""
    START.append(href)
    if body is not None:
        page(href.partition("#")[0], body, **options)


def other(path, answer, head=None):
    """A link to another site, where HEAD has the answer `head` if that differs."""
    START.append(f"http://h8{path}")
    get(path, 8)(lambda r: head if head is not None and r.method == "HEAD" else answer)


get("/check/")(lambda r: "<p id=here>" + "".join(f'<a href="{u}">to it</a>\n' for u in START)
               + '<a rel=nofollow href=/check/nofollow#in>x</a>\n<img src=/check/no-image.png alt="a picture">')

link("/check/good", "<a href=/check/deep-gone>deeper</a>")
link("/check/gone", "x", status=410)
link("/check/missing")
link("/check/error", "x", status=500)
link("/check/moved", "", status=301, headers=[("Location", "/check/good")])
link("/check/moved-to-nothing", "", status=301, headers=[("Location", "/check/nothing")])
get("/check/loop")(lambda r: moved("/check/loop-2"))
get("/check/loop-2")(lambda r: moved("/check/loop"))
link("/check/loop")
link("http://[::1/")
page("/check/nofollow", "<p id=out><a href=/check/never>never followed</a>")

# Fragments.
page("/check/ids", "<p id=plain><a name=named></a><p id='h\u00e9'><p id='two words'><p id='a%20b'><form name=form></form>"
     "<!-- <p id=comment> --><svg><g id=drawn></g></svg><template><p id=template></template>")
for fragment in ("plain", "named", "h%C3%A9", "hé", "two%20words", "a%20b", "drawn", "", "top", "TOP", ":~:text=x",
                 "plain:~:text=x", "/route", "!state", "form", "comment", "Plain", "absent", "absent:~:text=x"):
    link(f"/check/ids#{fragment}")
link("#here")
link("#not-here")
link("/check/moved-ids#plain", "", status=302, headers=[("Location", "/check/ids")])
link("/check/moved-ids#absent")
link("/check/moved-to-plain#absent", "", status=302, headers=[("Location", "/check/ids#plain")])
link("/check/data.txt#line", "text", type="text/plain")
link("/check/latin1#caf%C3%A9", b"<meta charset=iso-8859-1><p id='caf\xe9'>", type="text/html; charset=iso-8859-1")

# Other schemes.
for url in ("mailto:a@b.example", "tel:+1", "data:,x", "javascript:void(0)", "file:///etc/passwd", "ftp://h8/"):
    link(url)

# Other sites.
other("/check/good", Response("x"))
START.append("http://h8/check/good#made-by-a-script")
other("/check/no-head", Response("x"), head=Response("", 405))
other("/check/head-404", Response("x"), head=Response("", 404))
other("/check/head-closed", Response("x"), head=Response(raw=b""))
other("/check/gone", Response("", 410))
other("/check/error", Response("", 500))
other("/check/unauthorized", Response("", 401))
other("/check/forbidden", Response("", 403))
other("/check/busy", Response("", 429))
other("/check/legal", Response("", 451))
other("/check/strange", Response("", 999))
other("/check/later", Response("", 503, headers=[("Retry-After", "9")]))
other("/check/down", Response("", 503))
other("/check/challenge", Response("", 403, headers=[("cf-mitigated", "challenge")]))
other("/check/moved", moved("/check/good"))
other("/check/moved-to-gone", moved("/check/gone"))
other("/check/loop", moved("/check/loop"))
other("/check/moved-nowhere", Response("", 301))
other("/check/moved-to-app", moved("market://details"))
other("/check/endless", Response(raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"x" * 100_000),
      head=Response("", 405))
other("/check/no-http", Response(raw=b"SSH-2.0-OpenSSH\r\n"))
link("http://127.0.0.1:9/")
