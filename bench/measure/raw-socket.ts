import { connect, type Socket } from "node:net";
import { frame, upgradeRequest } from "#tools/rig/raw-sockets.ts";

/**
 * A lean client: WebSocket, Engine.IO and Socket.IO text frames by hand on a TCP socket, so
 * that the load costs less than what it loads. It knows events that it counts, acknowledgements
 * and the first events, and doesn't parse what nobody asks for.
 */
export interface RawSocket {
  /** Sends an event; the acknowledgement comes as JSON text, an array of its arguments. */
  request: (event: string, payload: object, onAck: (text: string) => void) => void;
  /** Called for each event of `RawOptions.counted`; `text` is its packet. */
  onMessage: (text: () => string) => void;
  onClose: () => void;
  close: () => void;
}

export interface RawOptions {
  url: string;
  /** Speaks Socket.IO's handshake with this `auth`; undefined: the server is bare `ws`. */
  auth?: object | undefined;
  /** The event after which the socket is in; undefined: when its handshake is answered. */
  readyEvent?: string | undefined;
  /** The events that `onMessage` is called for; `new_message` if nothing is said. */
  counted?: readonly string[];
}

/** All sockets read into one buffer, one after the other. */
const received = Buffer.allocUnsafe(256 * 1024);
const code = (text: string) => text.charCodeAt(0);
const [engineOpen, ping, engineMessage] = [code("0"), code("2"), code("4")];
const [connected, event, ack] = [code("0"), code("2"), code("3")];

export function openRawSocket(options: RawOptions): Promise<RawSocket> {
  const { url, auth, readyEvent, counted = ["new_message"] } = options;
  const heads = counted.map((name) => Buffer.from(`"${name}"`));
  const { hostname, port } = new URL(url);
  const acks = new Map<string, (text: string) => void>();
  let nextId = 0;
  let carry: Buffer | undefined;
  let isUpgraded = false;
  const opened = Promise.withResolvers<RawSocket>();

  const self: RawSocket = {
    request(name, payload, onAck) {
      const id = String(nextId++);
      acks.set(id, onAck);
      tcp.write(frame(1, `42${id}${JSON.stringify([name, payload])}`));
    },
    onMessage() {},
    onClose() {},
    close: () => tcp.destroy(),
  };

  const onFrame = (data: Buffer, from: number, to: number) => {
    const text = () => data.toString("latin1", from, to);
    const type = data[from];
    if (type === ping) tcp.write(frame(1, "3"));
    else if (type === engineOpen) tcp.write(frame(1, `40${JSON.stringify(auth)}`));
    else if (type === engineMessage) {
      const packet = data[from + 1];
      if (packet === event) {
        // 42["new_message",…
        const isCounted = heads.some(
          (it) => data.compare(it, 0, it.length, from + 3, from + 3 + it.length) === 0,
        );
        if (isCounted) self.onMessage(text);
        else if (readyEvent && text().startsWith(`42["${readyEvent}"`)) opened.resolve(self);
        else if (text().startsWith('42["error"')) opened.reject(new Error(text()));
      } else if (packet === ack) {
        const arguments_ = data.indexOf("[", from);
        const id = data.toString("latin1", from + 2, arguments_);
        const onAck = acks.get(id);
        acks.delete(id);
        onAck?.(data.toString("utf8", arguments_, to));
      } else if (packet === connected && !readyEvent) opened.resolve(self);
    }
  };
  const onData = (data: Buffer): void => {
    let at = 0;
    while (data.length - at >= 2) {
      let length = (data[at + 1] ?? 0) & 0x7f;
      let head = 2;
      if (length === 126) {
        if (data.length - at < 4) break;
        length = data.readUInt16BE(at + 2);
        head = 4;
      } else if (length === 127) {
        if (data.length - at < 10) break;
        length = Number(data.readBigUInt64BE(at + 2));
        head = 10;
      }
      const to = at + head + length;
      if (data.length < to) break;
      if (((data[at] ?? 0) & 0x0f) === 1) onFrame(data, at + head, to);
      at = to;
    }
    carry = at < data.length ? Buffer.from(data.subarray(at)) : undefined;
  };
  const onRead = (count: number): void => {
    const chunk = received.subarray(0, count);
    const data = carry ? Buffer.concat([carry, chunk]) : chunk;
    if (isUpgraded) {
      onData(data);
      return;
    }
    const end = data.indexOf("\r\n\r\n");
    if (end === -1) {
      carry = Buffer.from(data);
      return;
    }
    const status = data.toString("latin1", 0, data.indexOf("\r\n"));
    if (!status.includes(" 101 ")) {
      opened.reject(new Error(status));
      return;
    }
    isUpgraded = true;
    if (auth === undefined) opened.resolve(self);
    onData(data.subarray(end + 4));
  };

  const callback = (count: number) => {
    onRead(count);
    return true;
  };
  const onread = { buffer: received, callback };
  const tcp: Socket = connect({ host: hostname, port: Number(port), onread });
  tcp.setNoDelay(true);
  tcp.on("error", (error) => opened.reject(error));
  tcp.on("close", () => {
    opened.reject(new Error("closed before it was open"));
    self.onClose();
  });
  tcp.write(upgradeRequest());
  return opened.promise;
}

/** Sends an event and waits for its acknowledgement's first argument. */
export function requestOnce(socket: RawSocket, name: string, payload: object): Promise<unknown> {
  return new Promise((resolve) => {
    socket.request(name, payload, (text) => resolve(JSON.parse(text)[0]));
  });
}
