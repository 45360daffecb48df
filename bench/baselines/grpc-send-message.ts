/** `SendMessage` of the contract as grpc-js usually has it: by proto-loader. */
import type { DescFile } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { loadFileDescriptorSetFromBuffer, type MethodDefinition } from "@grpc/proto-loader";
import { file_aetherconnect_message_v1_message } from "#gen/aetherconnect/message/v1/message_pb.ts";

/** A file and all that it imports. */
function withImports(file: DescFile): DescFile[] {
  return [...file.dependencies.flatMap(withImports), file];
}

function load(): MethodDefinition<object, object> {
  const files = new Set(withImports(file_aetherconnect_message_v1_message));
  const set = create(FileDescriptorSetSchema, { file: [...files].map((it) => it.proto) });
  const bytes = Buffer.from(toBinary(FileDescriptorSetSchema, set));
  const service = loadFileDescriptorSetFromBuffer(bytes)["aetherconnect.message.v1.MessageService"];
  const method = service && !("format" in service) ? service.SendMessage : undefined;
  if (!method) throw new Error("no SendMessage");
  return method;
}

export const grpcSendMessage = load();
