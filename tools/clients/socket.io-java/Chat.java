import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Socket;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.json.JSONArray;
import org.json.JSONObject;

/** Joins a room from a seq on, says what was missed, sends, and says what is heard. */
public class Chat {
    public static void main(String[] args) throws Exception {
        String url = args[0], token = args[1], roomId = args[2], afterSeq = args[3], content = args[4];
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            error.printStackTrace();
            System.exit(1);
        });
        IO.Options options = IO.Options.builder().setReconnection(false).setAuth(Map.of("token", token)).build();
        Socket socket = IO.socket(URI.create(url), options);
        CompletableFuture<String> first = new CompletableFuture<>();
        CompletableFuture<JSONObject> heard = new CompletableFuture<>();
        socket.on("connected", it -> first.complete("connected"));
        socket.on("error", it -> first.complete("error " + ((JSONObject) it[0]).optString("code")));
        socket.on("new_message", it -> heard.complete((JSONObject) it[0]));
        socket.connect();
        String said = within(first);
        if (!said.equals("connected")) {
            System.err.println(said);
            System.exit(1);
        }
        JSONObject place = new JSONObject().put("roomId", roomId).put("afterSeq", Integer.parseInt(afterSeq));
        StringBuilder missed = new StringBuilder("missed");
        JSONArray messages = call(socket, "join_room", place).getJSONArray("messages");
        for (int i = 0; i < messages.length(); i++) {
            missed.append(" ").append(messages.getJSONObject(i).getInt("seq"));
        }
        System.out.println(missed);
        JSONObject message = new JSONObject().put("roomId", roomId).put("content", content);
        System.out.println("sent " + call(socket, "send_message", message).getJSONObject("data").getInt("seq"));
        JSONObject it = within(heard);
        System.out.println("new_message " + it.getInt("seq") + " " + it.getString("content"));
        System.exit(0);
    }

    static JSONObject call(Socket socket, String event, JSONObject payload) throws Exception {
        CompletableFuture<JSONObject> acknowledged = new CompletableFuture<>();
        socket.emit(event, new Object[] {payload}, (Ack) it -> acknowledged.complete((JSONObject) it[0]));
        return within(acknowledged);
    }

    static <T> T within(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }
}
