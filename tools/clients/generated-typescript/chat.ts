/** Registers, logs in, sends, lists and is refused, by what is generated in openapi. */
import {
  AuthServiceApi,
  Configuration,
  MessageServiceApi,
  ResponseError,
  RoomServiceApi,
} from "./openapi";

async function chat(basePath: string): Promise<void> {
  const auth = new AuthServiceApi(new Configuration({ basePath }));
  const login = { email: "ada.tsf@example.com", password: "correct horse battery" };
  await auth.authServiceRegister({
    registerRequest: { username: "ada_tsf", ...login, firstName: "Ada", lastName: "Lovelace" },
  });
  const { accessToken } = await auth.authServiceLogin({ loginRequest: login });
  const signedIn = new Configuration({ basePath, accessToken: accessToken ?? "" });
  const { room } = await new RoomServiceApi(signedIn).roomServiceCreateRoom({
    createRoomRequest: { name: "fetched" },
  });
  const messages = new MessageServiceApi(signedIn);
  const { data } = await messages.messageServiceSendMessage({
    roomId: room.id,
    sendMessageRequest: { content: "Hello", messageType: "text", metadata: { from: "generated" } },
  });
  console.log(data.seq, data.content, room.roomType, data.messageType);
  const page = await messages.messageServiceListMessages({ roomId: room.id, limit: 10 });
  for (const it of page.messages) console.log(it.seq, it.metadata?.from);
  try {
    await auth.authServiceLogin({ loginRequest: { ...login, password: "wrong horse" } });
  } catch (error) {
    if (error instanceof ResponseError) console.log((await error.response.json()).code);
  }
}

chat(process.argv[2] ?? "");
