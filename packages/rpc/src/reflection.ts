import {
  type DescEnum,
  type DescFile,
  type DescMessage,
  type DescService,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  ServerReflection,
  type ServerReflectionRequest,
} from "./gen/grpc/reflection/v1/reflection_pb.ts";
import {
  type ServerReflectionRequest as AlphaRequest,
  ServerReflection as ServerReflectionAlpha,
} from "./gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { type Implementation, implement } from "./implementation.ts";

const notFound = 5;

/** What is asked; in v1alpha, which older tools speak, it is the same. */
type Question = (ServerReflectionRequest | AlphaRequest)["messageRequest"];

/** `grpc.reflection` in v1 and v1alpha, which describes the given services and itself. */
export function reflection(others: readonly DescService[]): Implementation[] {
  const answer = describer([...others, ServerReflection, ServerReflectionAlpha]);
  async function* answerAll<R extends { host: string; messageRequest: Question }>(
    requests: AsyncIterable<R>,
  ) {
    for await (const originalRequest of requests) {
      const { host: validHost, messageRequest } = originalRequest;
      yield { validHost, originalRequest, messageResponse: answer(messageRequest) };
    }
  }
  return [
    implement(ServerReflection, { serverReflectionInfo: answerAll }),
    implement(ServerReflectionAlpha, { serverReflectionInfo: answerAll }),
  ];
}

/** Answers what tools ask about the services and all that they stand on. */
function describer(services: readonly DescService[]) {
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

  return (asked: Question) => {
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
  const names: string[] = [];
  const visitEnum = (it: DescEnum) => {
    // By the language's rule a value's full name leaves out its enum's.
    const scope = it.typeName.slice(0, -it.name.length);
    names.push(it.typeName, ...it.values.map((value) => scope + value.name));
  };
  const visit = (message: DescMessage) => {
    const members = [...message.fields, ...message.oneofs];
    names.push(message.typeName, ...members.map((it) => `${message.typeName}.${it.name}`));
    message.nestedEnums.forEach(visitEnum);
    message.nestedMessages.forEach(visit);
  };
  file.enums.forEach(visitEnum);
  file.messages.forEach(visit);
  for (const service of file.services) {
    names.push(service.typeName, ...service.methods.map((it) => `${service.typeName}.${it.name}`));
  }
  for (const extension of file.extensions) {
    names.push(extension.typeName, `${extension.extendee.typeName}#${extension.number}`);
  }
  return names.map((name) => [name, file]);
}
