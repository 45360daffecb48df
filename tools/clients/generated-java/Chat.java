import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AuthServiceApi;
import org.openapitools.client.api.MessageServiceApi;
import org.openapitools.client.api.RoomServiceApi;
import org.openapitools.client.model.CreateRoomRequest;
import org.openapitools.client.model.LoginRequest;
import org.openapitools.client.model.Message;
import org.openapitools.client.model.RegisterRequest;
import org.openapitools.client.model.Room;
import org.openapitools.client.model.SendMessageRequest;

/** Registers, logs in, sends, lists and is refused, by what is generated. */
public class Chat {
    public static void main(String[] args) throws ApiException {
        ApiClient anyone = new ApiClient();
        anyone.updateBaseUri(args[0]);
        AuthServiceApi auth = new AuthServiceApi(anyone);
        String email = "ada.java@example.com", password = "correct horse battery";
        auth.authServiceRegister(new RegisterRequest().username("ada_java").email(email)
            .password(password).firstName("Ada").lastName("Lovelace"));
        LoginRequest login = new LoginRequest().email(email).password(password);
        String token = auth.authServiceLogin(login).getAccessToken();

        ApiClient user = new ApiClient();
        user.updateBaseUri(args[0]);
        user.setRequestInterceptor(it -> it.header("Authorization", "Bearer " + token));
        Room room = new RoomServiceApi(user)
            .roomServiceCreateRoom(new CreateRoomRequest().name("java")).getRoom();
        MessageServiceApi messages = new MessageServiceApi(user);
        SendMessageRequest message = new SendMessageRequest().content("Hello")
            .messageType(SendMessageRequest.MessageTypeEnum.TEXT).metadata(Map.of("from", "generated"));
        Message sent = messages.messageServiceSendMessage(room.getId(), message).getData();
        System.out.println(sent.getSeq() + " " + sent.getContent() + " " + room.getRoomType() + " " + sent.getMessageType());
        MessageServiceApi.APIMessageServiceListMessagesRequest page = MessageServiceApi
            .APIMessageServiceListMessagesRequest.newBuilder().roomId(room.getId()).limit(10).build();
        for (Message it : messages.messageServiceListMessages(page).getMessages()) {
            System.out.println(it.getSeq() + " " + it.getMetadata().get("from"));
        }

        try {
            auth.authServiceLogin(login.password("wrong horse"));
        } catch (ApiException wrong) {
            System.out.println(wrong.getResponseBody().replaceFirst(".*\"code\":\"(\\w+)\".*", "$1"));
        }
    }
}
