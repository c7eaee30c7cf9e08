"""Processes of the binary under test: started here, and ended here by their own ids."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = ROOT / "target/sdk"
BINARY = pathlib.Path(os.environ.get("OFFHOOK", ROOT / "target/debug/offhook")).resolve()

# How long a script may take.
WITHIN_S = 180


def run_script(script, *arguments, log=None):
    """Runs a script to its end, or ends it when it takes too long: its exit code, and what it said."""
    runtime = ["node", KEPT / "node" / script] if script.endswith(".mjs") else [sys.executable, script]
    command = [str(part) for part in (*runtime, *arguments)]
    log = KEPT / "logs" / f"{log or script}.log"
    with log.open("w") as page:
        running = subprocess.Popen(
            command, cwd=HERE, env=environment(), stdin=subprocess.DEVNULL, stdout=page, stderr=subprocess.STDOUT
        )
        try:
            code = running.wait(WITHIN_S)
        except subprocess.TimeoutExpired:
            end(running)
            code = None
            page.write(f"FAILED it was not through within {WITHIN_S} s\n")
    return code, log.read_text()


def environment():
    """Ours, without what could send a carrier's library to the carrier itself, or to a proxy."""
    far = ("TWILIO_", "TELNYX_", "PLIVO_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(far)}


def end(running):
    """Ends a process, which ends what it started itself."""
    running.terminate()
    try:
        running.wait(timeout=10)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


# Whoever is told to stop leaves its `with` blocks, and so ends what it started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Process:
    """A process that is ended when its `with` block is left, however that comes about."""

    def __init__(self, command, folder, name, variables=()):
        self.log = pathlib.Path(folder) / f"{name}.log"
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.log.open("w") as log:
            # What runs on at the end of its standard input would outlive whoever is killed.
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env=environment | dict(variables),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)

    def said(self, pattern, within_s=30):
        """What the group in `pattern` is, once the process has said so."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            found = re.search(pattern, self.log.read_text())
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended at its start: {self.log.read_text()}")
            time.sleep(0.02)
        raise TimeoutError(f"it never said {pattern}: {self.log.read_text()}")


class Sim(Process):
    """`offhook sim` on a free port, healthy; `url` is where."""

    def __init__(self, folder, name="network"):
        super().__init__([BINARY, "sim", "--listen", "127.0.0.1:0", "--until-stdin-ends"], folder, name)
        self.url = self.said(r"listens on (http://\S+)")
        urllib.request.urlopen(f"{self.url}/network/health", timeout=10).read()


class Gateway(Process):
    """`offhook serve`, ready; `url` is where, which carriers may know, and `token` opens its API."""

    token = "a token for these checks"

    def __init__(self, folder, settings, name="gateway", hears_webhooks=True):
        self.url = f"http://127.0.0.1:{free_port()}"
        config = pathlib.Path(folder) / "offhook.toml"
        store = pathlib.Path(folder) / "offhook.db"
        public_url = f'public_url = "{self.url}"\n' if hears_webhooks else ""
        config.write_text(
            f'listen = "{self.url[7:]}"\n{public_url}'
            f'store.url = "sqlite://{store}"\napi.token = "{self.token}"\n{settings}\n'
        )
        command = [BINARY, "serve", "--config", config, "--until-stdin-ends"]
        super().__init__(command, folder, name, {"HOME": str(folder)})
        self.said(r"listens on (http://\S+)")


def free_port():
    """A port that nobody listens on just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
