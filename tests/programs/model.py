"""A server of a language model, made of the OpenAI library's own types: a request that they don't take is
refused, and what it replies is what they write.

`model.py PORT TOOL...` uses these tools one after another, by default `find`; nothing in it knows of the gateway."""

import json
import sys

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter, ValidationError

app = FastAPI()
TOOLS = sys.argv[2:] or ["find"]
params = TypeAdapter(CompletionCreateParamsStreaming)


def chunk(delta, finish_reason=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    one = ChatCompletionChunk(
        id="chatcmpl-1", object="chat.completion.chunk", created=1, model="wise-1", choices=[choice]
    )
    return f"data: {one.model_dump_json(exclude_unset=True)}\n\n"


def calling(name, arguments="{}"):
    tool = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return chunk({"tool_calls": [tool]})


def events(n_words, n_used):
    yield chunk({"role": "assistant", "content": ""})
    if n_used < len(TOOLS):
        yield calling(TOOLS[n_used], '{"name": "you"}')
        yield chunk({}, "tool_calls")
    elif n_words == 1:
        for word in ("You", " are", " heard", "."):
            yield chunk({"content": word})
        yield chunk({}, "stop")
    else:
        yield chunk({"content": "Goodbye."})
        yield calling("end_call")
        yield chunk({}, "tool_calls")
    yield "data: [DONE]\n\n"


@app.post("/v1/chat/completions")
async def complete(request: Request):
    body = await request.json()
    try:
        # An iterable is read when it is walked through, and its faults are told then.
        taken = params.validate_python(body)
        messages, tools = list(taken["messages"]), list(taken["tools"])
        for message in messages:
            list(message.get("tool_calls", ()))
    except ValidationError as error:
        print(f"refused: {error}", flush=True)
        raise HTTPException(400, str(error)) from error
    unknown = set(body) - set(CompletionCreateParamsStreaming.__annotations__) - {"model", "messages", "tools"}
    names = [tool["function"]["name"] for tool in tools]
    print(f"asked: {json.dumps({'messages': body['messages'], 'tools': names, 'unknown': sorted(unknown)})}", flush=True)
    n_words = sum(1 for message in messages if message["role"] == "user")
    n_used = sum(1 for message in messages if message["role"] == "tool")
    return StreamingResponse(events(n_words, n_used), media_type="text/event-stream")


@app.post("/find")
async def find(request: Request):
    print(f"finds: {json.dumps(await request.json())}", flush=True)
    return {"heard": True}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]))
