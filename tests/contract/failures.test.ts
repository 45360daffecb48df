import assert from "node:assert/strict";
import { test } from "node:test";
import { failuresOf } from "#contract/failures.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { clientEvents } from "#gen/socket-events.ts";

test("a method fails with what it declares, and with what its access and form bring", () => {
  assert.deepEqual(
    [...failuresOf(AuthService.method.findUser)],
    [
      "VALIDATION_FAILED",
      "UNAUTHENTICATED",
      "TOKEN_EXPIRED",
      "USER_NOT_FOUND",
      "BUSY",
      "UNAVAILABLE",
      "INTERNAL",
    ],
  );
  assert.deepEqual(
    [...failuresOf(AuthService.method.getSigningKeys)],
    ["BUSY", "UNAVAILABLE", "INTERNAL"],
  );
  assert.deepEqual(
    [...failuresOf(AuthService.method.rotateSigningKeys)],
    ["UNAUTHENTICATED", "FORBIDDEN", "BUSY", "UNAVAILABLE", "INTERNAL"],
  );
});

test("a reason that a method replaces is none of its failures", () => {
  const failures = failuresOf(AuthService.method.updateProfile);
  assert.ok(failures.has("PROFILE_UPDATE_FAILED"));
  assert.ok(!failures.has("USER_EXISTS") && !failures.has("VALIDATION_FAILED"));
});

test("an event that is a method's fails with what the method declares", () => {
  const { method, mustJoin, failures } = clientEvents.send_message;
  assert.equal(method, MessageService.method.sendMessage);
  assert.equal(mustJoin, true);
  assert.ok(failures.has("ROOM_NOT_FOUND") && failures.has("NOT_IN_ROOM"));
});

test("an event that needs a joined socket can fail for want of it", () => {
  const { mustJoin, failures } = clientEvents.typing_start;
  assert.equal(mustJoin, true);
  assert.ok(failures.has("NOT_IN_ROOM") && !failures.has("ROOM_NOT_FOUND"));
  assert.ok(!("method" in clientEvents.typing_start));
  assert.ok(!clientEvents.leave_room.failures.has("NOT_IN_ROOM"));
});
