#!/usr/bin/env python3
"""A host of kernels that speaks Proctor's HTTP interface, with tiny kernels of its own: what the
clients are tested with. Started as `fake_kernels.py kernels` it behaves as `proctor kernels`: a
line of JSON with its address, and its end with the end of its standard input.

`GET /log` answers what was asked of it: a list of [method, path, body].
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

LONGEST_BODY = 1 << 20
CHILD = Path(__file__).with_name("mini_kernel.py")
DEAD = "the kernel is dead"


class Refusal(Exception):
    def __init__(self, status, error, hint=""):
        self.status, self.body = status, {"error": error, "hint": hint}


class Request:
    def __init__(self, number, body):
        self.number, self.code, self.body = number, body["code"], body
        self.chunks, self.result, self.cause = [], None, "error"
        self.begun = 0.0


class Kernel:
    """One child process and the queue of what it is to run. `changed` guards all."""

    def __init__(self, name, body, changed):
        self.name, self.body, self.changed = name, body, changed
        self.requests, self.queue, self.calls = {}, [], []
        self.current, self.state, self.reason, self.starts = None, "starting", None, 0
        self.driven, self.awaits, self.stepped = False, None, 0
        self.pid, self.process, self.count = None, None, 0

    def spawn(self):
        self.starts += 1
        self.state, self.reason, self.pid = "starting", None, None
        self.process = None  # the end of the one before is not this one's
        environment = {**os.environ, **self.body.get("env", {})}
        if self.body.get("kernel") != "python3":
            self.state, self.reason = "dead", f"there is no kernel {self.body['kernel']!r}"
            return
        self.process = subprocess.Popen(
            [sys.executable, str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=self.body.get("cwd") or None, env=environment, text=True,
        )
        threading.Thread(target=self.listen, args=(self.process,), daemon=True).start()

    def listen(self, process):
        for line in process.stdout:
            with self.changed:
                if process is self.process:
                    self.take(json.loads(line))
                    self.changed.notify_all()
        code = process.wait()
        with self.changed:
            if process is self.process:
                self.died(code)
            self.changed.notify_all()

    def take(self, message):
        kind = message["kind"]
        if kind == "ready":
            self.state, self.pid = "idle", message["pid"]
        elif kind == "begun":
            if self.current.cause != "error":
                os.kill(self.pid, signal.SIGINT)
        elif kind == "end":
            end = "ok" if message["error"] is None else self.current.cause
            self.count = message["execution_count"]
            self.finish(end, None, message["error"])
        else:
            if kind == "input":
                self.awaits = {"prompt": message["text"], "password": False}
            self.current.chunks.append(message)
        self.feed()

    def died(self, code):
        how = f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit code {code}"
        self.state, self.reason, self.pid = "dead", f"the kernel ended by {how}", None
        if self.current is not None:
            self.finish("kernel_died", self.reason, None)
        for request in self.queue:
            self.current = request
            self.finish("kernel_died", self.reason, None, cancelled=True)
        self.queue = []
        self.state = "dead"

    def submit(self, body):
        request = Request(len(self.requests) + 1, body)
        self.requests[request.number] = request
        self.call(request, "preparation", "pending")
        self.queue.append(request)
        self.feed()
        return request

    def feed(self):
        if self.state != "idle" or not self.queue or (self.driven and not self.stepped):
            return
        self.current, self.state = self.queue.pop(0), "busy"
        self.stepped = max(0, self.stepped - 1)
        self.current.begun = time.monotonic()
        self.call(self.current, "pre_execution", "pending")
        limit = self.current.body.get("timeout_s")
        if limit is not None:
            timer = threading.Timer(limit, self.late, [self.current])
            timer.daemon = True
            timer.start()
        allow_stdin = self.current.body.get("allow_stdin", False)
        self.write({"code": self.current.code, "allow_stdin": allow_stdin})

    def write(self, message):
        try:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # its end is heard elsewhere

    def late(self, request):
        with self.changed:
            self.interrupt(request.number, "timed_out")

    def interrupt(self, number, cause="interrupted"):
        waiting = [r for r in self.queue if r.number == number]
        if waiting:
            before, self.current = self.current, waiting[0]
            self.queue.remove(waiting[0])
            state = self.state
            self.finish("interrupted", "it was dropped from the queue", None, cancelled=True)
            self.current, self.state = before, state
        elif self.current is not None and (not number or self.current.number == number):
            self.current.cause = cause
            if self.process.poll() is None:
                os.kill(self.process.pid, signal.SIGINT)

    def finish(self, end, reason, error, cancelled=False):
        request, self.current, self.awaits = self.current, None, None
        took = (time.monotonic() - request.begun) * 1000 if request.begun else 0
        request.result = {
            "request": request.number, "end": end, "reason": reason, "cancelled": cancelled,
            "execution_count": self.count, "duration_ms": took, "error": error,
        }
        outcome = {"ok": "success", "error": "failure", "kernel_died": "died"}
        outcome = "cancelled" if cancelled else outcome.get(end, "interrupted")
        if end in ("ok", "error"):
            self.call(request, "post_execution", outcome)
        self.call(request, "on_finish", outcome)
        self.state = "idle"
        self.changed.notify_all()

    def call(self, request, phase, outcome):
        self.calls.append({
            "n": len(self.calls), "phase": phase, "outcome": outcome, "request": request.number,
            "code": request.code, "result": request.result, "outputs": list(request.chunks),
            "at_ms": time.time() * 1000,
        })

    def restart(self):
        old, before = self.process, self.starts
        if old is not None and old.poll() is None:
            old.kill()
            old.wait()
            self.died(-9)
        self.spawn()
        return {"id": self.name, "starts": before}

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()

    def view(self):
        request = self.current
        return {
            "id": self.name, "kernel": self.body.get("kernel"), "state": self.state,
            "reason": self.reason, "pid": self.pid, "starts": self.starts, "log": "/nowhere",
            "cwd": self.body.get("cwd"), "sandbox": self.body.get("sandbox"),
            "execution_count": self.count, "queued": [r.number for r in self.queue],
            "request": None if request is None else {"id": request.number, "code": request.code},
            "awaits_input": self.awaits, "driven": self.driven,
        }

    def request_view(self, request, since):
        return {
            "kernel": self.name, "request": request.number, "chunks": request.chunks[since:],
            "next": len(request.chunks), "result": request.result,
        }


class Host(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.token = secrets.token_hex(8)
        self.changed = threading.Condition(threading.RLock())
        self.kernels, self.log, self.made = {}, [], 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        pass  # a client that has hung up

    def end(self):
        with self.changed:
            for kernel in self.kernels.values():
                kernel.end()

    def create(self, body):
        self.made += 1
        kernel = self.kernels[f"k{self.made}"] = Kernel(f"k{self.made}", body, self.changed)
        kernel.spawn()
        return kernel


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.handle_one(None)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > LONGEST_BODY:
            self.close_connection = True
            return self.answer(413, {"error": "the body is longer than 1 MiB", "hint": ""})
        self.handle_one(json.loads(self.rfile.read(length) or b"{}"))

    def handle_one(self, body):
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        try:
            if self.headers.get("Authorization") != f"Bearer {self.server.token}":
                raise Refusal(401, "the token is wrong", "it stands in PROCTOR_TOKEN")
            with self.server.changed:
                self.server.log.append([self.command, self.path, body])
                status, message = self.route(parts.path.strip("/").split("/"), query, body)
                self.server.changed.notify_all()
            self.answer(status, message)
        except Refusal as refusal:
            self.answer(refusal.status, refusal.body)

    def answer(self, status, message):
        data = json.dumps(message).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def wait(self, milliseconds, condition):
        self.server.changed.wait_for(condition, min(float(milliseconds or 0), 30000) / 1000)

    def route(self, path, query, body):
        host = self.server
        if path == ["log"]:
            return 200, host.log
        if path[:2] != ["api", "kernels"]:
            raise Refusal(404, "there is no such route")
        if len(path) == 2 and body is None:
            return 200, {"kernels": [k.view() for k in host.kernels.values()], "version": 1}
        if len(path) == 2:
            return 202, {"id": host.create(body).name}
        kernel = host.kernels.get(path[2])
        if kernel is None:
            raise Refusal(404, f"no kernel {path[2]}", f"there are: {', '.join(host.kernels)}")
        return self.kernel_route(kernel, path[3:], query, body)

    def kernel_route(self, kernel, path, query, body):
        what = "/".join(path)
        if body is None and not path:
            before = int(query.get("starts", -1))
            self.wait(query.get("wait_ms"),
                      lambda: kernel.state != "starting" and kernel.starts > before)
            return 200, kernel.view()
        if body is None and what == "hooks":
            calls = kernel.calls[int(query.get("since", 0)):]
            return 200, {"calls": calls, "next": len(kernel.calls)}
        if body is None and path[0] == "requests":
            request = kernel.requests.get(int(path[1]))
            if request is None:
                raise Refusal(404, f"no request {path[1]}")
            return 200, self.awaited(kernel, request, int(query.get("since", 0)), query)
        if what in ("restart", "reset"):
            return 202, kernel.restart()
        if what == "shutdown":
            kernel.end()
            return 202, {"id": kernel.name}
        if kernel.state == "dead":
            raise Refusal(409, f"{DEAD}: {kernel.reason}", "reset it")
        return self.living(kernel, what, body)

    def living(self, kernel, what, body):
        if what == "execute":
            request = kernel.submit(body)
            return 202, self.awaited(kernel, request, 0, body)
        if what == "interrupt":
            kernel.interrupt(body.get("request", 0))
            return 202, {"id": kernel.name}
        if what == "stdin":
            if kernel.awaits is None:
                raise Refusal(409, "the kernel does not wait for a line")
            kernel.awaits = None
            kernel.write({"stdin": body["text"]})
            return 202, {"id": kernel.name}
        if what == "complete":
            return 200, {"matches": [body["code"][: body["cursor"]] + "ello"], "status": "ok"}
        if what == "inspect":
            return 200, {"found": True, "data": {"text/plain": f"about {body['code']}"}}
        return self.loop(kernel, what, body)

    def loop(self, kernel, what, body):
        if what == "loop/start":
            kernel.driven = True
        elif what == "loop/step":
            ready = kernel.state == "idle" and kernel.queue
            number = kernel.queue[0].number if ready else None
            kernel.stepped = 1 if ready else 0
            kernel.feed()
            return 200, {"request": number}
        elif what == "loop/settle":
            kernel.stepped = len(kernel.queue)
            kernel.feed()
            self.wait(body["limit_s"] * 1000, lambda: not kernel.queue and kernel.state == "idle")
            kernel.stepped = 0
            return 200, {"settled": not kernel.queue and kernel.state == "idle"}
        elif what == "loop/stop":
            dropped = [request.number for request in kernel.queue]
            for number in dropped:
                kernel.interrupt(number)
            kernel.driven = False
            return 200, {"dropped": dropped}
        else:
            raise Refusal(404, "there is no such route")
        return 202, {"id": kernel.name}

    def awaited(self, kernel, request, since, asked):
        until_output = asked.get("until") == "output"
        self.wait(asked.get("wait_ms"), lambda: request.result is not None
                  or (until_output and len(request.chunks) > since))
        return kernel.request_view(request, since)


def main():
    host = Host()
    threading.Thread(target=host.serve_forever, daemon=True).start()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    print(json.dumps({"url": host.url, "token": host.token, "pid": os.getpid()}), flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    ended.wait()
    host.end()


if __name__ == "__main__":
    main()
