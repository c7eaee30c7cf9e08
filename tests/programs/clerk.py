"""An agent as it is written with Twilio Agent Connect: it repeats what it is told, and takes its leave.

`clerk.py PORT TOKEN`; nothing in it knows of the gateway."""

import json
import os
import sys

os.environ["TAC_ANALYTICS_DISABLED"] = "true"

from tac import TAC, TACConfig  # noqa: E402
from tac.channels.voice import VoiceChannel  # noqa: E402
from tac.server import TACFastAPIServer, TACServerConfig  # noqa: E402

ACCOUNT = "AC00000000000000000000000000000001"

tac = TAC(
    config=TACConfig(
        account_sid=ACCOUNT,
        auth_token=sys.argv[2],
        api_key="SK00000000000000000000000000000003",
        api_secret="none",
        phone_number="+12025550100",
        voice_public_domain="127.0.0.1",
    )
)
voice = VoiceChannel(tac)


async def reply(message, context, _memory):
    print(f"heard by {context.channel} from {context.author_info.address}: {message}", flush=True)
    if "goodbye" in message.lower():
        await voice.get_websocket(context.conversation_id).send_text(json.dumps({"type": "end"}))
        return None
    return f"You said: {message}"


def ended(context):
    print(f"a conversation is over: {context.conversation_id}", flush=True)


tac.on_message_ready(reply)
tac.on_conversation_ended(ended)
server = TACServerConfig(host="127.0.0.1", port=int(sys.argv[1]))
TACFastAPIServer(tac=tac, voice_channel=voice, config=server).start()
