"""A server of tools, as the official library of the Model Context Protocol has it.

`hotel.py PORT` serves over streamable HTTP, `hotel.py` over its standard input and output; nothing in it knows
of the gateway."""

import sys

from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("hotel")
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6360000000020001"
    "48afa4710000000049454e44ae426082"
)


@server.tool()
def find(name: str, ctx: Context, nights: int = 1) -> str:
    """Finds a guest's room."""
    shown = (ctx.headers or {}).get("authorization", "nothing")
    return f"{name} has room 12 for {nights}, and {shown} was shown."


@server.tool()
def fail(name: str) -> str:
    """Always fails."""
    raise ToolError(f"nobody knows {name}")


@server.tool()
def portrait(name: str) -> Image:
    """Shows a guest."""
    return Image(data=DOT, format="png")


@server.tool()
async def learn(name: str, ctx: Context) -> str:
    """Learns something, by which there is one tool more."""
    server.add_tool(lambda: "known", name="learnt", description="Is new.")
    await ctx.session.send_tool_list_changed()
    return "learnt"


if len(sys.argv) > 1:
    server.run("streamable-http", port=int(sys.argv[1]))
else:
    server.run("stdio")
