"""Finding a program to drive, and asking it to end."""
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from proctor import ActionRefused, App, ConnectError, connect
from proctor import app as app_module


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The runtime directory and the shared one, with proctor's own in each."""
    runtime, shared = tmp_path / "runtime", tmp_path / "shared"
    folders = (runtime / "proctor", shared / f"proctor-{os.getuid()}")
    for folder in folders:
        folder.mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(app_module, "_SHARED", str(shared))
    monkeypatch.delenv("PROCTOR_URL", raising=False)
    return folders


def leave_file(folder, name):
    content = {"url": "http://127.0.0.1:1", "token": "t", "pid": os.getpid(), "app": name}
    (folder / f"{name}.json").write_text(json.dumps(content))


def test_a_program_is_found_in_either_place_that_it_may_write_to(places):
    for folder, name in zip(places, ("here", "there")):
        leave_file(folder, name)
    assert connect(app="here").token == "t"
    assert connect(app="there").token == "t"


def test_a_place_that_others_can_write_to_is_not_believed(places):
    for folder in places:
        leave_file(folder, "forged")
        folder.chmod(0o777)
    with pytest.raises(ConnectError, match="no program"):
        connect(app="forged")


def test_a_place_that_only_points_elsewhere_is_not_believed(places, tmp_path):
    leave_file(places[1], "forged")
    places[1].rename(tmp_path / "elsewhere")
    places[1].symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConnectError, match="no program"):
        connect(app="forged")


def test_an_address_without_its_scheme_is_an_error_that_shows_how(places):
    with pytest.raises(ConnectError, match="http://127.0.0.1:PORT"):
        connect("127.0.0.1:18801")


def test_a_program_that_refuses_to_end_is_an_error():
    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self):
            body = b'{"error": "not now", "hint": "save first"}'
            self.send_response(422)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(ActionRefused, match="not now"):
            App(f"http://127.0.0.1:{server.server_port}").shutdown()
    finally:
        server.shutdown()
        server.server_close()
