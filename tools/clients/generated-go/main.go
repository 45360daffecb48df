// Registers, logs in, sends, lists and is refused, by what is generated in openapi.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"chat/openapi"
)

func main() {
	configuration := openapi.NewConfiguration()
	configuration.Servers = openapi.ServerConfigurations{{URL: os.Args[1]}}
	api := openapi.NewAPIClient(configuration)
	background := context.Background()
	email, password := "ada.go@example.com", "correct horse battery"
	user := openapi.NewRegisterRequest("ada_go", email, password, "Ada", "Lovelace")
	_, _, err := api.AuthServiceAPI.AuthServiceRegister(background).RegisterRequest(*user).Execute()
	check(err)
	login := openapi.NewLoginRequest(password)
	login.SetEmail(email)
	session, _, err := api.AuthServiceAPI.AuthServiceLogin(background).LoginRequest(*login).Execute()
	check(err)

	signedIn := context.WithValue(background, openapi.ContextAccessToken, session.GetAccessToken())
	newRoom := openapi.NewCreateRoomRequest("go")
	created, _, err := api.RoomServiceAPI.RoomServiceCreateRoom(signedIn).CreateRoomRequest(*newRoom).Execute()
	check(err)
	room := created.GetRoom()
	message := openapi.NewSendMessageRequest("Hello")
	message.SetMessageType("text")
	message.SetMetadata(map[string]any{"from": "generated"})
	sent, _, err := api.MessageServiceAPI.MessageServiceSendMessage(signedIn, room.Id).SendMessageRequest(*message).Execute()
	check(err)
	data := sent.GetData()
	fmt.Println(data.Seq, data.Content, room.RoomType, data.MessageType)
	page, _, err := api.MessageServiceAPI.MessageServiceListMessages(signedIn, room.Id).Limit(10).Execute()
	check(err)
	for _, it := range page.Messages {
		fmt.Println(it.Seq, it.Metadata["from"])
	}

	login.Password = "wrong horse"
	_, _, err = api.AuthServiceAPI.AuthServiceLogin(background).LoginRequest(*login).Execute()
	var wrong *openapi.GenericOpenAPIError
	if errors.As(err, &wrong) {
		fmt.Println(wrong.Model().(openapi.Error401InvalidCredentials).Code)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
