"""Registers, logs in, sends, lists and is refused, by what is generated in openapi_client."""
import sys

from openapi_client import (
    ApiClient,
    ApiException,
    AuthServiceApi,
    Configuration,
    CreateRoomRequest,
    LoginRequest,
    MessageServiceApi,
    RegisterRequest,
    RoomServiceApi,
    SendMessageRequest,
)

api = ApiClient(Configuration(host=sys.argv[1]))
auth = AuthServiceApi(api)
email, password = "ada.og@example.com", "correct horse battery"
user = RegisterRequest(
    username="ada_og", email=email, password=password, firstName="Ada", lastName="Lovelace"
)
auth.auth_service_register(user)
session = auth.auth_service_login(LoginRequest(email=email, password=password))
api.configuration.access_token = session.access_token
room = RoomServiceApi(api).room_service_create_room(CreateRoomRequest(name="python")).room
messages = MessageServiceApi(api)
message = SendMessageRequest(content="Hello", messageType="text", metadata={"from": "generated"})
sent = messages.message_service_send_message(room.id, message).data
print(sent.seq, sent.content, room.room_type, sent.message_type)
for it in messages.message_service_list_messages(room.id, limit=10).messages:
    print(it.seq, it.metadata["from"])
try:
    auth.auth_service_login(LoginRequest(email=email, password="wrong horse"))
except ApiException as wrong:
    print(wrong.data.code)
