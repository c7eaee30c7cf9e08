"""A Pipecat bot that says again what it hears on Twilio's media streams; prints where it listens.

It speaks in frames of 20 ms, as it hears, and not in Pipecat's usual 40: else it would wait for a second one."""

import socket

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.frames.frames import InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

app = FastAPI()


class Echo(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            frame = OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels)
        await self.push_frame(frame, direction)


@app.websocket("/")
async def talk(websocket: WebSocket):
    await websocket.accept()
    _, call = await parse_telephony_websocket(websocket)
    serializer = TwilioFrameSerializer(
        call["stream_id"], params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
    )
    params = FastAPIWebsocketParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_out_10ms_chunks=2,
        add_wav_header=False,
        serializer=serializer,
    )
    transport = FastAPIWebsocketTransport(websocket=websocket, params=params)
    rates = PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)
    worker = PipelineWorker(Pipeline([transport.input(), Echo(), transport.output()]), params=rates)

    @transport.event_handler("on_client_disconnected")
    async def leave(_transport, _client):
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


# What it would write for each frame would be measured too.
logger.disable("pipecat")
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(128)
print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.run(app, fd=listener.fileno(), log_level="warning")
