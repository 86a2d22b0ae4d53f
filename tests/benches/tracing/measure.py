#!/usr/bin/env python3
"""Prints size and instructions of a function with each kind of log line. Needs cargo and valgrind."""

import http.server
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import zipfile

HERE = pathlib.Path(__file__).parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parents[2] / "target")) / "log-lines"
WARM = 100  # answers after the first


class Api(http.server.ThreadingHTTPServer):
    """As much of Lambda's runtime API as a function needs: so many events, then nothing more."""

    def __init__(self, events):
        self.left, self.served, self.done = events, 0, threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.server.served == self.server.left:
            self.server.done.set()
            threading.Event().wait()  # the process is ended meanwhile
        self.server.served += 1
        headers = {
            "Lambda-Runtime-Aws-Request-Id": f"8476a536-e9f4-11e8-9739-{self.server.served:012}",
            "Lambda-Runtime-Deadline-Ms": "4102444800000",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-3:123456789012:function:f",
        }
        self.answer(200, b'{"a":1}', headers)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer(202, b"", {})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def instructions(binary, events):
    """What callgrind counts until so many events are answered, and the lines written."""
    api = Api(events)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    env = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": "piste-capture",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        "AWS_LAMBDA_LOG_GROUP_NAME": "g",
    }
    with tempfile.TemporaryDirectory() as folder:
        out, lines = pathlib.Path(folder, "out"), pathlib.Path(folder, "lines")
        command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}", str(binary)]
        with open(lines, "wb") as file:
            process = subprocess.Popen(command, env=env, stdout=file, stderr=subprocess.DEVNULL)
        assert api.done.wait(300), f"{binary} answers"
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        totals = re.search(r"^totals: (\d+)", out.read_text(), re.M)
        return int(totals.group(1)), lines.read_text().splitlines()


def zipped(binary):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "f.zip")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(binary, "bootstrap")
        return file.stat().st_size


subprocess.run(["cargo", "build", "--release", "--quiet", "--target-dir", TARGET], cwd=HERE, check=True)
print(f"{'':<12} {'zip, bytes':>12} {'first answer':>14} {'each warm one':>14}  (instructions)")
for name in ["silent", "ours", "subscriber"]:
    binary = TARGET / "release" / name
    first, lines = instructions(binary, 1)
    many, _ = instructions(binary, 1 + WARM)
    print(f"{name:<12} {zipped(binary):>12,} {first:>14,} {(many - first) // WARM:>14,}")
    print("".join(f"  {line}\n" for line in lines), end="")
