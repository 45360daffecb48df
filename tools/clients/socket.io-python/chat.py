"""Joins a room from a seq on, says what was missed, sends, and says what is heard."""
import sys

import socketio

url, token, room_id, after_seq, content = sys.argv[1:]
with socketio.SimpleClient(reconnection=False) as client:
    client.connect(url, auth={"token": token})
    event, first = client.receive(timeout=30)
    if event != "connected":
        sys.exit(f"{event} {first['code']}")
    joined = client.call("join_room", {"roomId": room_id, "afterSeq": int(after_seq)}, timeout=30)
    print("missed", *(it["seq"] for it in joined["messages"]))
    sent = client.call("send_message", {"roomId": room_id, "content": content}, timeout=30)
    print("sent", sent["data"]["seq"])
    event, heard = client.receive(timeout=30)
    print(event, heard["seq"], heard["content"])
