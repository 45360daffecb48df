import assert from "node:assert/strict";
import { test } from "node:test";
import type { DescEnum, DescField, DescFile, DescMessage } from "@bufbuild/protobuf";
import { file_buf_validate_validate as upstream } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { file_buf_validate_validate as ours } from "#gen/buf/validate/validate_pb.ts";
import { Health, ServerReflection } from "#rpc";

test("our part of protovalidate has upstream's names, numbers and kinds", () => {
  const theirs = new Set(elements(upstream));
  const own = elements(ours);
  assert.ok(own.length > 25, `${own.length} elements`);
  assert.deepEqual(
    own.filter((it) => !theirs.has(it)),
    [],
  );
});

// No package carries the descriptors of these two, so their numbers stand here as in
// https://github.com/grpc/grpc-proto (grpc/health/v1, grpc/reflection/v1).
test("health and reflection have upstream's names, numbers and kinds", () => {
  assert.deepEqual(elements(Health.file), [
    "grpc.health.v1.HealthCheckRequest.service = 1 scalar string",
    "grpc.health.v1.HealthCheckResponse.status = 1 enum grpc.health.v1.HealthCheckResponse.ServingStatus",
    "grpc.health.v1.HealthCheckResponse.ServingStatus.UNKNOWN = 0",
    "grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING = 1",
    "grpc.health.v1.HealthCheckResponse.ServingStatus.NOT_SERVING = 2",
    "grpc.health.v1.HealthCheckResponse.ServingStatus.SERVICE_UNKNOWN = 3",
    "grpc.health.v1.Health.Check unary HealthCheckRequest HealthCheckResponse",
    "grpc.health.v1.Health.Watch server_streaming HealthCheckRequest HealthCheckResponse",
  ]);
  const own = "grpc.reflection.v1";
  assert.deepEqual(elements(ServerReflection.file), [
    `${own}.ServerReflectionRequest.host = 1 scalar string`,
    `${own}.ServerReflectionRequest.file_by_filename = 3 scalar string in message_request`,
    `${own}.ServerReflectionRequest.file_containing_symbol = 4 scalar string in message_request`,
    `${own}.ServerReflectionRequest.file_containing_extension = 5 message ${own}.ExtensionRequest in message_request`,
    `${own}.ServerReflectionRequest.all_extension_numbers_of_type = 6 scalar string in message_request`,
    `${own}.ServerReflectionRequest.list_services = 7 scalar string in message_request`,
    `${own}.ExtensionRequest.containing_type = 1 scalar string`,
    `${own}.ExtensionRequest.extension_number = 2 scalar int32`,
    `${own}.ServerReflectionResponse.valid_host = 1 scalar string`,
    `${own}.ServerReflectionResponse.original_request = 2 message ${own}.ServerReflectionRequest`,
    `${own}.ServerReflectionResponse.file_descriptor_response = 4 message ${own}.FileDescriptorResponse in message_response`,
    `${own}.ServerReflectionResponse.all_extension_numbers_response = 5 message ${own}.ExtensionNumberResponse in message_response`,
    `${own}.ServerReflectionResponse.list_services_response = 6 message ${own}.ListServiceResponse in message_response`,
    `${own}.ServerReflectionResponse.error_response = 7 message ${own}.ErrorResponse in message_response`,
    `${own}.FileDescriptorResponse.file_descriptor_proto = 1 list bytes`,
    `${own}.ExtensionNumberResponse.base_type_name = 1 scalar string`,
    `${own}.ExtensionNumberResponse.extension_number = 2 list int32`,
    `${own}.ListServiceResponse.service = 1 list ${own}.ServiceResponse`,
    `${own}.ServiceResponse.name = 1 scalar string`,
    `${own}.ErrorResponse.error_code = 1 scalar int32`,
    `${own}.ErrorResponse.error_message = 2 scalar string`,
    `${own}.ServerReflection.ServerReflectionInfo bidi_streaming ServerReflectionRequest ServerReflectionResponse`,
  ]);
});

const scalars = ["", "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool"];
scalars.push("string", "group", "message", "bytes", "uint32");

/** Every field, enum value, extension and method of a file, as lines that can be compared. */
function elements(file: DescFile): string[] {
  return [
    ...file.messages.flatMap(messageLines),
    ...file.enums.flatMap(enumLines),
    ...file.extensions.map(
      (it) => `extends ${it.extendee.typeName} ${it.name} = ${it.number} ${typeOf(it)}`,
    ),
    ...file.services.flatMap((service) =>
      service.methods.map(
        (it) =>
          `${service.typeName}.${it.name} ${it.methodKind} ${it.input.name} ${it.output.name}`,
      ),
    ),
  ];
}

function messageLines(message: DescMessage): string[] {
  return [
    ...message.fields.map((field) => {
      const group = field.oneof ? ` in ${field.oneof.name}` : "";
      return `${message.typeName}.${field.name} = ${field.number} ${field.fieldKind} ${typeOf(field)}${group}`;
    }),
    ...message.nestedMessages.flatMap(messageLines),
    ...message.nestedEnums.flatMap(enumLines),
  ];
}

function enumLines(desc: DescEnum): string[] {
  return desc.values.map((it) => `${desc.typeName}.${it.name} = ${it.number}`);
}

function typeOf({ message, enum: type, scalar }: Pick<DescField, "message" | "enum" | "scalar">) {
  return message?.typeName ?? type?.typeName ?? scalars[scalar ?? 0];
}
