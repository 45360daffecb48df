"""Registers, logs in, sends, lists and is refused, by what is generated in openapi."""
import sys

from openapi.aetherconnect_client import AuthenticatedClient, Client
from openapi.aetherconnect_client.api.auth_service import auth_service_login, auth_service_register
from openapi.aetherconnect_client.api.message_service import (
    message_service_list_messages,
    message_service_send_message,
)
from openapi.aetherconnect_client.api.room_service import room_service_create_room
from openapi.aetherconnect_client.models import (
    CreateRoomRequest,
    LoginRequest,
    RegisterRequest,
    SendMessageRequest,
)

anyone = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
email, password = "ada.py@example.com", "correct horse battery"
user = RegisterRequest(
    username="ada_py", email=email, password=password, first_name="Ada", last_name="Lovelace"
)
auth_service_register.sync(client=anyone, body=user)
session = auth_service_login.sync(client=anyone, body=LoginRequest(email=email, password=password))
client = AuthenticatedClient(
    base_url=sys.argv[1], token=session.access_token, raise_on_unexpected_status=True
)
room = room_service_create_room.sync(client=client, body=CreateRoomRequest(name="python")).room
message = SendMessageRequest.from_dict({"content": "Hello", "metadata": {"from": "generated"}})
sent = message_service_send_message.sync(client=client, room_id=room.id, body=message).data
print(sent.seq, sent.content, room.room_type, sent.message_type)
for it in message_service_list_messages.sync(client=client, room_id=room.id, limit=10).messages:
    print(it.seq, it.metadata["from"])
wrong = auth_service_login.sync(
    client=anyone, body=LoginRequest(email=email, password="wrong horse")
)
print(wrong.code)
