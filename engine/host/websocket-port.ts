/** A WebSocket of the `ws` package as a connection's Port: one message, one binary frame. */
import type { WebSocket } from "ws";
import type { Port } from "../protocol/connection.ts";
import { EngineError, toWireError } from "../protocol/errors.ts";
import { decodeFrame, encodeFrame } from "../protocol/frame.ts";

export function websocketPort(socket: WebSocket): Port {
  const post = (message: unknown) => {
    if (socket.readyState === socket.OPEN) socket.send(encodeFrame(message));
  };
  return {
    post,
    onMessage: (listener) =>
      void socket.on("message", (data: Buffer, isBinary) => {
        let message: unknown;
        try {
          if (!isBinary) {
            throw new EngineError(
              "protocol.invalid",
              "message: expected a binary frame, received text",
            );
          }
          message = decodeFrame(data);
        } catch (error) {
          post({ type: "error", error: toWireError(error) });
          return;
        }
        listener(message);
      }),
    onClose: (listener) =>
      void socket.on("close", (code, reason) =>
        listener(reason.length > 0 ? reason.toString() : `the connection closed with code ${code}`),
      ),
    close: () => socket.close(),
  };
}
