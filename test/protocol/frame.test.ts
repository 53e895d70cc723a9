import { describe, expect, test } from "vitest";
import { decodeFrame, encodeFrame } from "../../engine/protocol/frame.ts";
import { toWireError } from "../../engine/protocol/errors.ts";
import {
  elementCount,
  float16Bits,
  float32Values,
  int32Values,
  toWireTensor,
  wireTensor,
  type WireTensor,
} from "../../engine/protocol/tensor.ts";

const floats = Float32Array.from([1.5, -2.25, 3e-38, Infinity]);

describe("a message comes back as it was sent", () => {
  test.each<[what: string, message: unknown]>([
    [
      "no tensors",
      { type: "request", id: 7, payload: { text: "Grüße, 写真 🦖", list: [1, null] } },
    ],
    ["a bare value", 12.5],
    ["nested tensors", { a: [{ b: { c: Uint8Array.of(1, 2, 3) } }, Uint8Array.of(4)], d: "e" }],
    ["an empty tensor between others", [Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)]],
    ["only an empty tensor", { bytes: new Uint8Array(0) }],
    ["keys that objects have anyway", JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}')],
    ["a head of two megabytes", { names: Array.from({ length: 100_000 }, (_, i) => `name ${i}`) }],
  ])("%s", (_, message) => {
    expect(decodeFrame(encodeFrame(message))).toEqual(message);
  });

  test("with fields that are undefined left out", () => {
    expect(decodeFrame(encodeFrame({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  });

  test("whatever the length of the head, every tensor starts at a multiple of 8", () => {
    for (let pad = 0; pad < 16; pad++) {
      const message = {
        pad: "x".repeat(pad),
        odd: Uint8Array.of(9),
        values: toWireTensor(floats, [4]),
      };
      const frame = encodeFrame(message);
      const decoded = decodeFrame(frame) as typeof message;
      expect(decoded).toEqual(message);
      expect([decoded.odd.byteOffset % 8, decoded.values.data.byteOffset % 8]).toEqual([0, 0]);
      // A view, not a copy.
      expect(decoded.values.data.buffer).toBe(frame.buffer);
    }
  });

  test("from any place in a larger buffer, as a socket hands it over", () => {
    const message = { values: toWireTensor(floats, [2, 2]) };
    const frame = encodeFrame(message);
    for (let offset = 0; offset < 9; offset++) {
      // Node's Buffer, whose slice() makes no copy.
      const large = Buffer.alloc(frame.length + 32, 0xff);
      large.set(frame, offset);
      const received = large.subarray(offset, offset + frame.length);
      const { values } = decodeFrame(received) as typeof message;
      expect(float32Values(values)).toEqual(floats);
      expect(values.data.slice().buffer.byteLength, "slice() is a copy").toBe(16);
    }
  });
});

describe("a malformed frame is refused", () => {
  const frameOf = (head: string | Uint8Array, tail = 0, length?: number) => {
    const bytes = typeof head === "string" ? new TextEncoder().encode(head) : head;
    const start = Math.ceil((4 + bytes.length) / 8) * 8;
    const frame = new Uint8Array(start + tail);
    new DataView(frame.buffer).setUint32(0, length ?? bytes.length, true);
    frame.set(bytes, 4);
    return frame;
  };
  const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const withTensors = (tensors: string, message = '{"$bytes":0}') =>
    frameOf(`{"message":${message},"tensors":${tensors}}`, 16);

  test.each<[received: string, frame: Uint8Array]>([
    ["a frame of 0 bytes", new Uint8Array(0)],
    ["a frame of 3 bytes", new Uint8Array(3)],
    ["a head of 99 bytes", frameOf("{}", 0, 99)],
    ["a head of 4294967295 bytes", frameOf("{}", 0, 2 ** 32 - 1)],
    ["a head that is not JSON", frameOf("")],
    ["a head that is not JSON", frameOf("{")],
    ["a head that is not JSON", frameOf(Uint8Array.of(0x22, 0xff, 0xfe, 0x22))],
    ["a head without its list of tensors", frameOf("null")],
    ["a head without its list of tensors", frameOf("[1]")],
    ["a head without its list of tensors", frameOf('{"message":1}')],
    ["a head without its list of tensors", withTensors("[[0]]")],
    ["a head without its list of tensors", withTensors("[[0,1,2]]")],
    ["a head without its list of tensors", withTensors("[[-8,8]]")],
    ["a head without its list of tensors", withTensors("[[0.5,8]]")],
    ["a head without its list of tensors", withTensors("[[0,1e300]]")],
    ["tensor 0 outside the frame", withTensors("[]")],
    ["tensor 0 outside the frame", withTensors("[[0,17]]")],
    ["tensor 0 outside the frame", withTensors("[[9007199254740991,9007199254740991]]")],
    ["tensor -1 outside the frame", withTensors("[[0,8]]", '{"$bytes":-1}')],
    ["tensor 0.5 outside the frame", withTensors("[[0,8]]", '{"$bytes":0.5}')],
    ["a head nested more than 64 deep", withTensors("[]", deep(66))],
    ["a head nested more than 64 deep", withTensors("[]", deep(200_000))],
  ])("%s", (received, frame) => {
    expect(refusal(frame)).toMatchObject({
      code: "protocol.invalid",
      message: expect.stringContaining(
        `expected a Gramscope frame, received ${received}`,
      ) as string,
    });
  });

  test("with protocol.invalid and nothing else, wherever a frame is cut or a byte is changed", () => {
    const frame = encodeFrame({ a: Uint8Array.of(1, 2, 3), b: [toWireTensor(floats, [4])] });
    for (let length = 0; length < frame.length; length++) {
      const error = refusal(frame.slice(0, length));
      // What is cut off the last tensor's padding is not missed.
      if (error) expect(error.code, `cut to ${length}`).toBe("protocol.invalid");
    }
    for (let at = 0; at < frame.length; at++) {
      for (const flip of [0x01, 0x20, 0x80, 0xff]) {
        const changed = frame.slice();
        changed[at]! ^= flip;
        const error = refusal(changed);
        if (error) expect(error.code, `byte ${at} ^ ${flip}`).toBe("protocol.invalid");
      }
    }
  });

  function refusal(frame: Uint8Array): { code: string; message: string } | undefined {
    try {
      decodeFrame(frame);
      return undefined;
    } catch (error) {
      return toWireError(error);
    }
  }
});

describe("a wire tensor", () => {
  test("views an array's bytes without a copy and gives its values back", () => {
    const whole = Float32Array.from([9, 1, 2, 3, 4, 5, 6, 9]);
    const values = whole.subarray(1, 7);
    const tensor = toWireTensor(values, [2, 3]);
    expect(tensor).toMatchObject({ dtype: "float32", shape: [2, 3] });
    expect(tensor.data.buffer).toBe(whole.buffer);
    expect(float32Values(tensor)).toEqual(values);
    expect(int32Values(toWireTensor(Int32Array.of(-1, 7), [2]))).toEqual(Int32Array.of(-1, 7));
    expect(float16Bits(toWireTensor(Uint16Array.of(0x3c00), [1]))).toEqual(Uint16Array.of(0x3c00));
    expect(toWireTensor(Uint8Array.of(1), [1]).dtype).toBe("uint8");
  });

  test("gives its values back from misaligned bytes too, plain or a Buffer's", () => {
    const at1 = (bytes: Uint8Array, Kind: typeof Uint8Array | typeof Buffer) => {
      const space = Kind === Uint8Array ? new Uint8Array(40) : Buffer.alloc(40);
      space.set(bytes, 1);
      return space.subarray(1, 1 + bytes.length);
    };
    for (const kind of [Uint8Array, Buffer]) {
      const move = (tensor: WireTensor) => ({ ...tensor, data: at1(tensor.data, kind) });
      expect(float32Values(move(toWireTensor(floats, [4])))).toEqual(floats);
      expect(int32Values(move(toWireTensor(Int32Array.of(-5, 6), [2])))).toEqual(
        Int32Array.of(-5, 6),
      );
      expect(float16Bits(move(toWireTensor(Uint16Array.of(7, 8), [2])))).toEqual(
        Uint16Array.of(7, 8),
      );
    }
  });

  test.each([
    ["float32", [2], 8, true],
    ["float32", [2], 7, false],
    ["float16", [3, 0], 0, true],
    ["int32", [], 4, true],
    ["uint8", [2, 2], 5, false],
    ["uint8", [-1], 0, false],
    ["float64", [1], 8, false],
  ])("%s %o of %i bytes: accepted is %s", (dtype, shape, bytes, isAccepted) => {
    const result = wireTensor.safeParse({ dtype, shape, data: new Uint8Array(bytes) });
    expect(result.success).toBe(isAccepted);
  });

  test("bytes are bytes: an array of numbers is refused", () => {
    expect(wireTensor.safeParse({ dtype: "uint8", shape: [2], data: [1, 2] }).success).toBe(false);
  });

  test("counts its elements: 1 for a scalar, 0 where a side is 0", () => {
    expect([[], [3], [2, 3, 4], [5, 0]].map(elementCount)).toEqual([1, 3, 24, 0]);
  });
});
