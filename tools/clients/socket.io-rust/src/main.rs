//! Joins a room from a seq on, says what was missed, sends, and says what is heard.
use std::sync::mpsc::{channel, Receiver};
use std::time::Duration;

use rust_socketio::client::Client;
use rust_socketio::{ClientBuilder, Payload};
use serde_json::{json, Value};

const LIMIT: Duration = Duration::from_secs(30);

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, url, token, room_id, after_seq, content] = args.as_slice() else {
        panic!("five arguments are needed");
    };
    let (connected, first) = channel();
    let refused = connected.clone();
    let (hear, heard) = channel();
    let client = ClientBuilder::new(url)
        .reconnect(false)
        .auth(json!({ "token": token }))
        .on("connected", move |_, _| connected.send(None).unwrap())
        .on("error", move |payload, _| refused.send(Some(value(payload))).unwrap_or_default())
        .on("new_message", move |payload, _| hear.send(value(payload)).unwrap())
        .connect()
        .unwrap();
    if let Some(error) = within(&first) {
        eprintln!("error {}", error["code"].as_str().unwrap());
        std::process::exit(1);
    }
    let after_seq: u32 = after_seq.parse().unwrap();
    let joined = call(&client, "join_room", json!({ "roomId": room_id, "afterSeq": after_seq }));
    let messages = joined["messages"].as_array().unwrap();
    let missed: String = messages.iter().map(|it| format!(" {}", it["seq"])).collect();
    println!("missed{missed}");
    let sent = call(&client, "send_message", json!({ "roomId": room_id, "content": content }));
    println!("sent {}", sent["data"]["seq"]);
    let it = within(&heard);
    println!("new_message {} {}", it["seq"], it["content"].as_str().unwrap());
    client.disconnect().unwrap();
}

fn call(client: &Client, event: &str, payload: Value) -> Value {
    let (acknowledge, acknowledged) = channel();
    client
        .emit_with_ack(event, payload, LIMIT, move |answer, _| {
            acknowledge.send(value(answer)).unwrap()
        })
        .unwrap();
    // What this client passes on as the acknowledgement is the list of its arguments.
    within(&acknowledged)[0].take()
}

fn value(payload: Payload) -> Value {
    match payload {
        Payload::Text(mut values) => values.swap_remove(0),
        other => panic!("{other:?}"),
    }
}

fn within<T>(receiver: &Receiver<T>) -> T {
    receiver.recv_timeout(LIMIT).expect("nothing within 30 s")
}
