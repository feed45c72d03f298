"""Makes docs/bight-crawl.svg from a real run. Usage: terminal_svg.py <folder with bight-serve and bight-crawl> <output>

Needs tmux. The picture has a background of its own, so that it looks the same on light and dark pages."""

import html
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS, ROWS, CELL, LINE = 96, 12, 8.4, 20
COMMANDS = [
    ("bight-crawl http://localhost:8080/ --output pages.jsonl --fail-on-broken", 4),
    ("head -n 1 pages.jsonl | cut -c 1-94", 2),
    ("bight-crawl http://localhost:8080/ --per-host 1 --delay 20ms", 6),
]


def record(programs):
    tmux = ["tmux", "-L", f"bight-{os.getpid()}", "-f", "/dev/null"]
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "PS1": "$ ", "HISTFILE": ""}
    with tempfile.TemporaryDirectory() as folder:
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        shell = ["sh", "-i"]
        subprocess.run([*tmux, "new-session", "-d", *size, *shell], check=True, cwd=folder, env=environment)
        try:
            time.sleep(1)
            for command, seconds in COMMANDS:
                subprocess.run([*tmux, "send-keys", command, "Enter"], check=True)
                time.sleep(seconds)
            return subprocess.run([*tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True).stdout
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)


def draw(screen):
    lines = screen.rstrip().splitlines()
    width, height = round(COLUMNS * CELL + 32), len(lines) * LINE + 58
    text = []
    for number, line in enumerate(lines):
        colour = "#7ee787" if line.startswith("$ ") else "#e6edf3"
        where = f'x="16" y="{58 + number * LINE}" fill="{colour}"'
        text.append(f'<text {where} xml:space="preserve">{html.escape(line)}</text>')
    dots = "".join(f'<circle cx="{20 + 20 * i}" cy="19" r="6" fill="{c}"/>' for i, c in enumerate(("#ff5f56", "#ffbd2e", "#27c93f")))
    frame = f'<rect width="{width}" height="{height}" rx="8" fill="#161b22" stroke="#6e7681"/>'
    font = 'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14"'
    body = "\n".join(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {font}>\n'
        f"<title>bight-crawl in a terminal</title>\n{frame}{dots}\n{body}\n</svg>\n"
    )


def main():
    programs = Path(sys.argv[1]).resolve()
    with subprocess.Popen([programs / "bight-serve", "--demo"], stdout=subprocess.PIPE) as server:
        server.stdout.readline()  # it listens
        try:
            Path(sys.argv[2]).write_text(draw(record(programs)))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
