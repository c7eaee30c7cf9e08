// Says again what it hears on Twilio's media streams, frame by frame; prints where it listens.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const server = createServer();

new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket, request) => {
  request.socket.setNoDelay(true);
  socket.on("message", (text) => {
    const message = JSON.parse(text);
    if (message.event !== "media") return;
    const media = { payload: message.media.payload };
    socket.send(JSON.stringify({ event: "media", streamSid: message.streamSid, media }));
  });
});

server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
