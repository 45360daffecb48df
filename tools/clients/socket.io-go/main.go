// Joins a room from a seq on, says what was missed, sends, and says what is heard.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/zishang520/socket.io/clients/engine/v3/transports"
	"github.com/zishang520/socket.io/clients/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"
)

type message struct {
	Seq     int
	Content string
}

func main() {
	log.SetFlags(0)
	url, token, roomId, content := os.Args[1], os.Args[2], os.Args[3], os.Args[5]
	afterSeq, err := strconv.Atoi(os.Args[4])
	check(err)
	options := socket.DefaultOptions()
	options.SetAutoConnect(false)
	// It begins with any of them, and by itself has WebTransport among them.
	options.SetTransports(types.NewSet(transports.Polling, transports.WebSocket))
	options.SetReconnection(false)
	options.SetAuth(map[string]any{"token": token})
	client, err := socket.Connect(url, options)
	check(err)
	first, heard := make(chan []any, 1), make(chan []any, 1)
	client.On("connected", func(data ...any) { first <- nil })
	client.On("error", func(data ...any) { first <- data })
	client.On("new_message", func(data ...any) { heard <- data })
	client.Connect()

	if refused := within(first); refused != nil {
		var reason struct{ Code string }
		read(refused[0], &reason)
		log.Fatal("error ", reason.Code)
	}
	var joined struct{ Messages []message }
	read(call(client, "join_room", map[string]any{"roomId": roomId, "afterSeq": afterSeq}), &joined)
	fmt.Print("missed")
	for _, it := range joined.Messages {
		fmt.Print(" ", it.Seq)
	}
	var sent struct{ Data message }
	read(call(client, "send_message", map[string]any{"roomId": roomId, "content": content}), &sent)
	fmt.Println("\nsent", sent.Data.Seq)
	var it message
	read(within(heard)[0], &it)
	fmt.Println("new_message", it.Seq, it.Content)
	client.Disconnect()
}

func call(client *socket.Socket, event string, payload any) any {
	acknowledged := make(chan []any, 1)
	client.EmitWithAck(event, payload)(func(answer []any, err error) {
		check(err)
		acknowledged <- answer
	})
	return within(acknowledged)[0]
}

func within(channel chan []any) []any {
	select {
	case it := <-channel:
		return it
	case <-time.After(30 * time.Second):
		log.Fatal("nothing within 30 s")
		return nil
	}
}

func read(from any, into any) {
	text, err := json.Marshal(from)
	check(err)
	check(json.Unmarshal(text, into))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
