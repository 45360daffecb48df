import { type DescFile, type DescMessage, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";
import { ServerReflection } from "./gen/grpc/reflection/v1/reflection_pb.ts";

const notFound = 5;

/** Adds `grpc.reflection.v1.ServerReflection`, which describes the given services and itself. */
export function addReflection(router: ConnectRouter, others: readonly DescService[]): void {
  const services = [...others, ServerReflection];
  const files = new Map<string, DescFile>();
  for (const service of services) addFile(files, service.file);
  const symbols = new Map([...files.values()].flatMap((file) => symbolsOf(file)));
  const names = services.map((it) => ({ name: it.typeName }));

  const describe = (file: DescFile | undefined) => {
    if (!file) return failure("not found");
    const found = new Map<string, DescFile>();
    addFile(found, file);
    const fileDescriptorProto = [...found.values()].map((it) =>
      toBinary(FileDescriptorProtoSchema, it.proto),
    );
    return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto } };
  };

  router.service(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const originalRequest of requests) {
        const asked = originalRequest.messageRequest;
        const answer = () => {
          switch (asked.case) {
            case "listServices":
              return { case: "listServicesResponse" as const, value: { service: names } };
            case "fileByFilename":
              return describe(files.get(asked.value.replace(/\.proto$/, "")));
            case "fileContainingSymbol":
              return describe(symbols.get(asked.value));
            case "fileContainingExtension":
              return describe(
                symbols.get(`${asked.value.containingType}#${asked.value.extensionNumber}`),
              );
            case "allExtensionNumbersOfType":
              return {
                case: "allExtensionNumbersResponse" as const,
                value: {
                  baseTypeName: asked.value,
                  extensionNumber: [...symbols.keys()]
                    .filter((key) => key.startsWith(`${asked.value}#`))
                    .map((key) => Number(key.split("#")[1])),
                },
              };
            default:
              return failure("unknown request");
          }
        };
        yield { validHost: originalRequest.host, originalRequest, messageResponse: answer() };
      }
    },
  });
}

function failure(errorMessage: string) {
  return { case: "errorResponse" as const, value: { errorCode: notFound, errorMessage } };
}

function addFile(files: Map<string, DescFile>, file: DescFile): void {
  if (files.has(file.name)) return;
  for (const dependency of file.dependencies) addFile(files, dependency);
  files.set(file.name, file);
}

function symbolsOf(file: DescFile): [string, DescFile][] {
  const names = file.enums.map((it) => it.typeName);
  const visit = (message: DescMessage) => {
    names.push(message.typeName, ...message.nestedEnums.map((it) => it.typeName));
    message.nestedMessages.forEach(visit);
  };
  file.messages.forEach(visit);
  for (const service of file.services) {
    names.push(service.typeName, ...service.methods.map((it) => `${service.typeName}.${it.name}`));
  }
  for (const extension of file.extensions) {
    names.push(extension.typeName, `${extension.extendee.typeName}#${extension.number}`);
  }
  return names.map((name) => [name, file]);
}
