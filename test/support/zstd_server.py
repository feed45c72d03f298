"""Serves the files of a folder as zstd. Usage: zstd_server.py PORT FOLDER. See zstd_server in peers.hpp."""

import http.server
import pathlib
import sys
import urllib.parse

import zstandard


def compress(content, frames, window):
    """The content in that many frames; `window` is the logarithm of the window's size, 0 for the usual one."""
    parts = [content[i * len(content) // frames : (i + 1) * len(content) // frames] for i in range(frames)]
    if not window:
        return b"".join(zstandard.ZstdCompressor().compress(part) for part in parts)
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=window)
    # Without the size of the content in the frame the window is not made smaller.
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    coded = b""
    for part in parts:
        stream = compressor.compressobj()
        coded += stream.compress(part) + stream.flush()
    return coded


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        choice = dict(urllib.parse.parse_qsl(url.query))
        file = self.server.folder / url.path.lstrip("/")
        if not file.is_file():
            self.send_error(404)
            return
        content = compress(file.read_bytes(), int(choice.get("frames", 1)), int(choice.get("window", 0)))
        content = content[: len(content) - int(choice.get("cut", 0))]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Encoding", "zstd")
        if "chunked" in choice:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(content), 1000):
                piece = content[at : at + 1000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.folder = pathlib.Path(sys.argv[2])
    server.serve_forever()


main()
