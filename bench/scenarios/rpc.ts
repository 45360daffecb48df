import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import grpc from "@grpc/grpc-js";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { openRpcClient } from "#rpc";
import { createService, type Service } from "#tools/rig/service.ts";
import { grpcSendMessage } from "../baselines/grpc-send-message.ts";
import { keepCalling, warmUp } from "../measure/calls.ts";
import { asMedian, comparison, measureRounds, type Side, withSpread } from "../measure/compare.ts";
import { content } from "../measure/loops.ts";
import type { Scenario } from "../measure/scenario.ts";

const inFlight = 32;
const ms = 3_000;
const warmUpCalls = 20_000;

type Send = () => Promise<object>;

const columns = {
  perSecond: withSpread("calls/s"),
  p50: asMedian("p50 ms"),
  p99: asMedian("p99 ms"),
  both: withSpread("CPU µs a call, both ends"),
  client: asMedian("client"),
  server: asMedian("server"),
};
const request = { roomId: "6b08810be7750662e6b571fd", content };

export const rpc: Scenario = {
  about: "unary RPC, client and server, against connect-node's own and grpc-js",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const sides: Side<keyof typeof columns>[] = [];
    for (const [name, open] of Object.entries(clients)) {
      const entry = `${import.meta.dirname}/../baselines/rpc-server.ts`;
      const server = createService({ name, entry, isMeasured: true, env: { BENCH_RPC: name } });
      stack.use(server);
      await server.start();
      const send = open(server.urls[0] ?? "", stack);
      const side = { name, samples: [], measure: () => measure(server, send) };
      await warmUp(warmUpCalls, side.measure);
      sides.push(side);
    }
    await measureRounds(sides, rounds);
    const goals = {
      "connect-node": { both: { atMost: 0.25 } },
      "grpc-js": { both: { atMost: 0.6 } },
    };
    say(comparison("", columns, sides, goals));
    say(
      `${inFlight} calls under way by one client, ${ms / 1000} s a round: a message of 130 characters there, ` +
        "the stored one back, a constant. The server is a process of its own, the client the load's; " +
        "no policy on either side. grpc-js encodes by proto-loader, the others by protobuf-es; " +
        "connect-node speaks binary Connect over HTTP/2 (bench/baselines/rpc-server.ts).",
    );
  },
};

/** Opens a client of each way. */
const clients: Record<string, (url: string, stack: AsyncDisposableStack) => Send> = {
  ours(url, stack) {
    const client = openRpcClient({ url });
    stack.defer(client.close);
    return overTransport(client.transport);
  },
  "connect-node": (baseUrl) =>
    overTransport(createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true })),
  "grpc-js"(url, stack) {
    const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure());
    stack.defer(() => client.close());
    const { path, requestSerialize, responseDeserialize } = grpcSendMessage;
    return () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          (error, answer) => {
            if (answer) resolve(answer);
            else reject(error);
          },
        );
      });
  },
};

function overTransport(transport: Transport): Send {
  const client = createClient(MessageService, transport);
  return () => client.sendMessage(request);
}

async function measure(server: Service, send: Send) {
  const { cpuMicros } = await server.usage();
  const before = process.cpuUsage();
  const calls = await keepCalling(inFlight, ms, async () => {
    const answer = await send();
    if (!("data" in answer && answer.data)) throw new Error("no message came back");
  });
  const { user, system } = process.cpuUsage(before);
  const client = (user + system) / calls.count;
  const onServer = ((await server.usage()).cpuMicros - cpuMicros) / calls.count;
  return { ...calls, client, server: onServer, both: client + onServer };
}
