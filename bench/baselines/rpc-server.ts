/** One method over each of the ways that are compared, named by BENCH_RPC; it answers a constant. */
import { createServer } from "node:http2";
import { create } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import grpc from "@grpc/grpc-js";
import {
  MessageService,
  MessageType,
  SendMessageResponseSchema,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import { createRpcServer, implement } from "#rpc";
import { content } from "../measure/loops.ts";
import { grpcSendMessage } from "./grpc-send-message.ts";
import { reportPort, reportReady } from "./message-maker.ts";

const fields = {
  id: "6b08810f80d35592fc844449",
  userId: "100000001",
  username: "Ada Lovelace",
  roomId: "6b08810be7750662e6b571fd",
  content,
  messageType: MessageType.TEXT,
  seq: 1_000,
};
const at = { seconds: 1_800_000_000n, nanos: 500_000_000 };
const answer = create(SendMessageResponseSchema, {
  data: { ...fields, createdAt: at, updatedAt: at },
});
const unused = async () => ({});
const handlers = {
  sendMessage: async () => answer,
  listMessages: unused,
  editMessage: unused,
  deleteMessage: unused,
  addReaction: unused,
  removeReaction: unused,
  listReactions: unused,
  pinMessage: unused,
  unpinMessage: unused,
  listPins: unused,
  searchMessages: unused,
  listMentions: unused,
};

const ways: Record<string, () => void> = {
  ours() {
    reportReady(createRpcServer({ implementations: [implement(MessageService, handlers)] }).server);
  },
  "connect-node"() {
    const routes = connectNodeAdapter({ routes: (it) => it.service(MessageService, handlers) });
    reportReady(createServer(routes));
  },
  "grpc-js"() {
    const server = new grpc.Server();
    const createdAt = { ...at, seconds: Number(at.seconds) };
    const grpcAnswer = { data: { ...fields, createdAt, updatedAt: createdAt } };
    server.addService(
      { sendMessage: grpcSendMessage },
      {
        sendMessage: (_: unknown, done: grpc.sendUnaryData<object>) => done(null, grpcAnswer),
      },
    );
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (_, port) => reportPort(port));
  },
};
ways[process.env.BENCH_RPC ?? ""]?.();
