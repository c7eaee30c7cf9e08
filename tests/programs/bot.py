"""A Pipecat bot as it is written for Twilio's media streams: it says again what it hears.

`bot.py PORT`; nothing in it knows of the gateway."""

import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.frames.frames import InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport

app = FastAPI()


class Echo(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            frame = OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels)
        await self.push_frame(frame, direction)


@app.websocket("/ws")
async def talk(websocket: WebSocket):
    await websocket.accept()
    kind, call = await parse_telephony_websocket(websocket)
    print(f"a call by {kind}: {call['call_id']}", flush=True)
    params = FastAPIWebsocketParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        add_wav_header=False,
        serializer=TwilioFrameSerializer(
            stream_sid=call["stream_id"],
            call_sid=call["call_id"],
            params=TwilioFrameSerializer.InputParams(auto_hang_up=False),
        ),
    )
    transport = FastAPIWebsocketTransport(websocket=websocket, params=params)
    pipeline = Pipeline([transport.input(), Echo(), transport.output()])
    rates = PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)
    task = PipelineTask(pipeline, params=rates)

    @transport.event_handler("on_client_disconnected")
    async def leave(_transport, _client):
        await task.cancel()

    await PipelineRunner(handle_sigint=False).run(task)
    print("a call is over", flush=True)


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]))
