//! Registers, logs in, sends, lists and is refused, by what is generated in openapi.
use std::collections::HashMap;
use std::error::Error;

use openapi::apis::auth_service_api::{auth_service_login, auth_service_register};
use openapi::apis::configuration::Configuration;
use openapi::apis::message_service_api::message_service_send_message;
use openapi::apis::room_service_api::{room_service_create_room, room_service_list_rooms};
use openapi::apis::Error::ResponseError;
use openapi::models::send_message_request::MessageType;
use openapi::models::{CreateRoomRequest, LoginRequest, RegisterRequest, SendMessageRequest};
use serde_json::{json, to_value};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let base_path = std::env::args().nth(1).expect("the gateway's address");
    let mut api = Configuration { base_path, ..Configuration::new() };
    let text = |it: &str| it.to_string();
    let (email, password) = ("ada.rs@example.com", text("correct horse battery"));
    let names = (text("Ada"), text("Lovelace"));
    let user = RegisterRequest::new(text("ada_rs"), text(email), password.clone(), names.0, names.1);
    auth_service_register(&api, user).await?;
    let login = |password| LoginRequest { email: Some(Some(text(email))), ..LoginRequest::new(password) };
    let session = auth_service_login(&api, login(password)).await?;
    api.bearer_access_token = session.access_token;

    let room = room_service_create_room(&api, CreateRoomRequest::new(text("rust"))).await?.room;
    let message = SendMessageRequest {
        message_type: Some(Some(MessageType::Text)),
        metadata: Some(Some(HashMap::from([(text("from"), json!("generated"))]))),
        ..SendMessageRequest::new(text("Hello"))
    };
    let sent = message_service_send_message(&api, &room.id, message).await?.data;
    let (room_type, message_type) = (to_value(room.room_type)?, to_value(sent.message_type)?);
    println!("{} {} {} {}", sent.seq, sent.content, room_type.as_str().unwrap(), message_type.as_str().unwrap());
    // Not the messages: each parameter that their list gets would be one more argument here.
    let rooms = room_service_list_rooms(&api).await?.rooms;
    for _ in rooms.iter().filter(|it| it.id == room.id) {
        println!("{} {}", sent.seq, to_value(&sent.metadata)?["from"].as_str().unwrap());
    }

    match auth_service_login(&api, login(text("wrong horse"))).await {
        Err(ResponseError(wrong)) => println!("{}", to_value(wrong.entity)?["code"].as_str().unwrap()),
        other => println!("{other:?}"),
    }
    Ok(())
}
