import { io, type Socket } from "socket.io-client";
import type {
  AckOf,
  ConnectionSnapshot,
  Emit,
  EventPayload,
  On,
  ServerEvent,
  Wire,
} from "./connection-types.ts";
import { ChatError, toChatError, unreachable } from "./errors.ts";
import type { Ack } from "./gen/contract.ts";
import type { Problems } from "./problems.ts";
import type { Session } from "./session.ts";
import { createState } from "./state.ts";
import { backoffMs, onPage, persist } from "./waiting.ts";

type Handlers = { [E in ServerEvent]?: ((payload: EventPayload<E>) => void)[] | undefined };

const ackMs = 10_000;
const probeMs = 5_000;
const tickMs = 15_000;
/** A connection that lives so long counts as a success. */
const stableMs = 10_000;
const clockToleranceMs = 5 * 60_000;

/** One socket, as long as somebody is signed in and the page is there. */
export function createWire(
  url: string,
  session: Session,
  problems: Problems,
  end: AbortSignal,
): Wire {
  const state = createState<ConnectionSnapshot>({ state: "signed-out" });
  const handlers: Handlers = {};
  const upHandlers: (() => Promise<void>)[] = [];
  let socket: Socket | undefined;
  let isUp = false;
  let isOpening = false;
  let isPageThere = true;
  let wasLive = false;
  let failures = 0;
  let upSince = 0;
  let offsetMs = 0;
  let reason: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const isWanted = () => isPageThere && !end.aborted && session.me() !== null;

  const open = async () => {
    if (socket || isOpening || !isWanted()) return;
    clearTimeout(timer);
    isOpening = true;
    state.set({ state: "connecting" });
    const userId = session.me()?.id;
    try {
      const { token } = await session.call("issueWsToken", {});
      if (isWanted() && session.me()?.id === userId)
        listen(io(url, { ...socketOptions, auth: { token } }));
    } catch (thrown) {
      retryLater(toChatError(thrown).retryAfterSeconds);
    } finally {
      isOpening = false;
    }
    if (!isWanted()) close();
    else if (session.me()?.id !== userId) void open();
  };

  const listen = (opened: Socket) => {
    socket = opened;
    reason = undefined;
    opened.on("connect_error", () => lost(opened));
    opened.on("disconnect", (why) => lost(opened, why));
    opened.onAny((event, payload) => {
      if (opened !== socket) return;
      if (event === "connected") void begin(opened, payload);
      fire(event, payload);
    });
  };

  const begin = async (opened: Socket, { serverTime }: EventPayload<"connected">) => {
    upSince = Date.now();
    offsetMs = Date.parse(serverTime) - upSince;
    problems.say("CLOCK_WRONG", Math.abs(offsetMs) > clockToleranceMs);
    isUp = true;
    if (wasLive) state.set({ state: "resuming" });
    for (const handler of upHandlers)
      await persist(handler, () => opened === socket, end).catch(() => undefined);
    if (opened !== socket) return;
    wasLive = true;
    state.set({ state: "live" });
  };

  const lost = (opened: Socket, why?: string) => {
    if (opened !== socket) return;
    if (isUp && Date.now() - upSince > stableMs) failures = 0;
    close();
    if (!isWanted()) return;
    // This one was closed for another: coming back by itself would close that one.
    if (reason === "TOO_MANY_SOCKETS") state.set({ state: "offline", waitingFor: "page", reason });
    else retryLater(reason === "FLOOD" ? 10 : 0);
    if (why === "io server disconnect") void session.check().catch(() => undefined);
  };

  const retryLater = (seconds = 0) => {
    const delay = Math.max(backoffMs(failures++), seconds * 1_000);
    const isOffline = typeof navigator !== "undefined" && navigator.onLine === false;
    state.set({
      state: "offline",
      waitingFor: isOffline ? "network" : "server",
      retryAt: Date.now() + delay,
      reason,
    });
    clearTimeout(timer);
    timer = setTimeout(open, delay);
  };

  const close = () => {
    clearTimeout(timer);
    const closing = socket;
    socket = undefined;
    isUp = false;
    closing?.disconnect();
    if (session.me()) return;
    wasLive = false;
    failures = 0;
    state.set({ state: "signed-out" });
  };

  const emit: Emit = (event, payload, take) =>
    new Promise((resolve, reject) => {
      if (!socket || !isUp) throw unreachable();
      const onAnswer = (error: Error | null, answer: Ack<AckOf<typeof event>>) => {
        if (error) return reject(unreachable(error));
        if (!answer.success) return reject(new ChatError(answer));
        take?.(answer);
        resolve(answer);
      };
      socket.timeout(ackMs).emit(event, payload, onAnswer);
    });

  const fire = <E extends ServerEvent>(event: E, payload: EventPayload<E>) => {
    for (const handler of handlers[event] ?? []) handler(payload);
  };
  const on: On = (event, handler) => {
    handlers[event] = [...(handlers[event] ?? []), handler];
    return () => {
      handlers[event] = handlers[event]?.filter((it) => it !== handler);
    };
  };

  /** What has cut the connection may not have said so, as a sleep does: asks for any answer. */
  const retry = () => {
    const probed = socket;
    if (!probed || !isUp) return void open();
    probed
      .timeout(probeMs)
      .emitWithAck("leave_room", { roomId: "-" })
      .catch(() => probed === socket && probed.io.engine.close());
  };

  on("error", ({ code, event }) => {
    if (event === undefined) reason = code;
  });
  session.onUser(() => {
    close();
    void open();
  });
  onPage(
    "pagehide",
    () => {
      isPageThere = false;
      close();
      if (session.me()) state.set({ state: "offline", waitingFor: "page" });
    },
    end,
  );
  onPage(
    "pageshow",
    () => {
      isPageThere = true;
      void open();
    },
    end,
  );
  let lastTick = Date.now();
  const ticking = setInterval(() => {
    if (Date.now() - lastTick > 3 * tickMs) retry();
    lastTick = Date.now();
  }, tickMs);
  if (typeof ticking === "object") ticking.unref();
  end.addEventListener("abort", () => {
    clearInterval(ticking);
    close();
  });

  return {
    connection: state,
    retry,
    emit,
    on,
    isUp: () => isUp,
    onUp: (handler) => void upHandlers.push(handler),
    onDown: (handler) => state.subscribe(() => isUp || handler()),
    clockOffsetMs: () => offsetMs,
  };
}

const socketOptions = {
  forceNew: true,
  reconnection: false,
  transports: ["websocket", "polling"],
  tryAllTransports: true,
  timeout: 10_000,
};
