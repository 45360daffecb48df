"""Calls the room service knowing only what its reflection answers."""
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

address, token, compression = sys.argv[1:]
channel = grpc.insecure_channel(address, compression=grpc.Compression[compression])
health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
print(health_pb2.HealthCheckResponse.ServingStatus.Name(health.status))

database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)
service = pool.FindServiceByName("aetherconnect.message.v1.RoomService")
print("listed" if service.full_name in database.get_services() else "not listed")


def call(method_name, **fields):
    method = service.FindMethodByName(method_name)
    Request, Response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    ask = channel.unary_unary(
        f"/{service.full_name}/{method_name}", Request.SerializeToString, Response.FromString
    )
    return ask(Request(**fields), timeout=5, metadata=[("authorization", f"Bearer {token}")])


room = call("CreateRoom", name="grpcio", description="long " * 100).room
print(call("GetRoom", room_id=room.id).room.name)
try:
    call("CreateRoom", name="")
except grpc.RpcError as error:
    [packed] = rpc_status.from_call(error).details
    Detail = GetMessageClass(pool.FindMessageTypeByName("aetherconnect.error.v1.ErrorDetail"))
    detail = Detail()
    packed.Unpack(detail)
    reason = Detail.DESCRIPTOR.fields_by_name["reason"].enum_type.values_by_number[detail.reason]
    print(error.code().name, reason.name, *(it.path for it in detail.violations))
