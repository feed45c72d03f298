"""h9: charsets, links in headers, sitemaps: what a page and a site mean by their bytes."""
import gzip
from urllib.parse import quote

from server import Response, get, links, page

# ---- run charsets ----------------------------------------------------------------------------

CHARSETS = []


def charset(name, encoding, text, head="", type="text/html", mark=b""):
    """A page whose link has `text` in its path, which is UTF-8, and in its query, which is in the page's charset."""
    CHARSETS.append(f"/{name}")
    russian = "<p>Привет, мир, это обычный русский текст, по которому узнают кодировку.</p>" if name == "detected" else ""
    html = f"{head}{russian}<a href='/{name}/{text}?q={text}'>x</a>"
    page(f"/{name}", mark + html.encode(encoding), 9, type=type)
    in_page = "utf-8" if encoding.startswith("utf") else encoding
    wanted = "q=" + quote(text.encode(in_page))
    get(f"/{name}/{quote(text)}", 9)(lambda request: Response("x", 200 if request.query == wanted else 404))


get("/charsets/", 9)(lambda request: links(*CHARSETS))
charset("gb2312", "gb2312", "中", "<meta charset=gb2312>")
charset("big5", "big5", "中", type="text/html; charset=big5")
charset("windows-1251", "windows-1251", "П", "<meta http-equiv=content-type content='text/html; charset=windows-1251'>")
charset("shift_jis", "shift_jis", "日", "<meta charset=shift_jis>")
charset("euc-kr", "euc-kr", "한", "<meta charset=euc-kr>")
charset("latin1", "latin-1", "é", type="text/html; charset=ISO-8859-1")
charset("utf-8", "utf-8", "é", type="text/html; charset=utf-8")
charset("undeclared", "utf-8", "é")
charset("utf-16le", "utf-16-le", "é", mark=b"\xff\xfe")
charset("utf-16be", "utf-16-be", "é", mark=b"\xfe\xff")
charset("utf-16-header", "utf-16-le", "é", type="text/html; charset=utf-16")
charset("detected", "windows-1251", "П")
charset("mark-wins", "utf-8", "é", "<meta charset=gb2312>", "text/html; charset=big5", b"\xef\xbb\xbf")

# ---- run headers -----------------------------------------------------------------------------

get("/headers/", 9)(lambda request: links("/link", "/refresh", "/robots", "/head"))
page("/link", "x", 9, headers=[("Link", '</link/next>; rel="next", <link/alternate>; rel=alternate; hreflang=de')])
page("/link/next", "x", 9)
page("/link/alternate", "x", 9)
page("/refresh", "x", 9, headers=[("Refresh", "3; url=/refresh/target")])
page("/refresh/target", "x", 9)
page("/robots", links("/robots/never"), 9, headers=[("X-Robots-Tag", "noindex, nofollow")])
page("/head", "<link rel=canonical href=/head/canonical><link rel=alternate hreflang=fr href=/head/fr>", 9)
page("/head/canonical", "x", 9)
page("/head/fr", "x", 9)

# ---- run sitemaps ----------------------------------------------------------------------------


def sitemap(path, body, **options):
    page(path, body, 9, **{"type": "text/xml", **options})


page("/robots.txt", "Sitemap: /index.xml\nSitemap: /broken.xml\nSitemap: /bomb.xml.gz\nSitemap: /laughs.xml\n", 9,
     type="text/plain")
page("/sitemaps/", "x", 9)
sitemap("/index.xml", "<sitemapindex><sitemap><loc>/pages.xml</loc></sitemap><sitemap><loc>/pages.xml.gz</loc></sitemap>"
        "<sitemap><loc>/pages.txt</loc></sitemap><sitemap><loc>/rss</loc></sitemap><sitemap><loc>/atom</loc></sitemap>"
        "<sitemap><loc>/index.xml</loc></sitemap></sitemapindex>")
sitemap("/pages.xml", "<urlset xmlns:x='http://www.w3.org/1999/xhtml'><url><loc>/from-xml?a=1&amp;b=2</loc>"
        "<x:link rel='alternate' hreflang='de' href='/from-xml/de'/></url><url><loc>//h5/elsewhere</loc></url></urlset>")
sitemap("/pages.xml.gz", gzip.compress(b"<urlset><url><loc>/from-gz</loc></url></urlset>", mtime=0), type="application/gzip")
sitemap("/pages.txt", "http://h9/from-txt\n", type="text/plain")
sitemap("/rss", "<rss><channel><link>/sitemaps/</link><item><link>/from-rss</link></item></channel></rss>")
sitemap("/atom", "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='/from-atom'/></entry></feed>")
sitemap("/broken.xml", "<urlset><url><loc>/from-broken?a=1&b=2</loc></url><url><loc>/cut-off</url></urlset>")
sitemap("/bomb.xml.gz", gzip.compress(b"<urlset><url><loc>/from-bomb</loc></url>" + b" " * (60 << 20), mtime=0),
        type="application/gzip")
sitemap("/laughs.xml", "<!DOCTYPE a [<!ENTITY b 'ha'>]><urlset><url><loc>/&b;</loc></url></urlset>")
for found in ("xml", "xml/de", "gz", "txt", "rss", "atom", "broken", "bomb"):
    page(f"/from-{found}", "x", 9)
