import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "#contract/root.ts";
import { foreignClient } from "#tools/rig/foreign-clients.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";

const platform = await shared(startPlatform());
const document = `${platform.gatewayUrl}/openapi.json`;
const folder = await mkdtemp(join(tmpdir(), "generated-clients-"));
after(() => rm(folder, { recursive: true }));

const typescript = foreignClient("openapi-typescript");
test("openapi-typescript: registers, logs in, sends", { skip: typescript.missing }, async () => {
  const cwd = join(folder, "typescript");
  await mkdir(cwd);
  await symlink(join(typescript.folder, "node_modules"), join(cwd, "node_modules"));
  await writeFile(join(cwd, "package.json"), '{"type":"module"}');
  await run(typescript.path, [document, "-o", "api.ts"], cwd);
  await writeFile(join(cwd, "chat.ts"), typescriptProgram);
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2024"];
  options.push("--module", "nodenext", "--allowImportingTsExtensions");
  options.push("--typeRoots", join(ROOT, "node_modules/@types"), "--types", "node");
  await run("node_modules/.bin/tsc", [...options, "chat.ts"], cwd);
  const { stdout } = await run(process.execPath, ["chat.ts", platform.gatewayUrl], cwd);
  assert.equal(stdout, "1 Hello public text\nINVALID_CREDENTIALS\n");
});

const python = foreignClient("openapi-python-client");
test("openapi-python-client: registers, logs in, sends", { skip: python.missing }, async () => {
  const options = ["--url", document, "--output-path", join(folder, "python"), "--fail-on-warning"];
  await run(python.path, ["generate", ...options], folder, python.path);
  const program = join(folder, "python/chat.py");
  await writeFile(program, pythonProgram);
  const { stdout } = await run(join(dirname(python.path), "python"), [
    program,
    platform.gatewayUrl,
  ]);
  assert.equal(stdout, "1 Hello public text\nINVALID_CREDENTIALS\n");
});

const generator = foreignClient("openapi-generator");
test("openapi-generator's Python: registers, logs in, sends", {
  skip: generator.missing,
}, async () => {
  const options = ["-i", document, "-g", "python", "-o", "generated"];
  await run(generator.path, ["generate", ...options], folder, generator.path);
  const program = join(folder, "generated/chat.py");
  await writeFile(program, generatorProgram);
  const interpreter = join(dirname(generator.path), "python");
  const { stdout } = await run(interpreter, [program, platform.gatewayUrl]);
  assert.equal(stdout, "1 Hello public text\nINVALID_CREDENTIALS\n");
});

/** @param program beside which others are found that it needs */
function run(command: string, args: string[], cwd = folder, program?: string) {
  const PATH = program ? `${dirname(program)}:${process.env.PATH}` : process.env.PATH;
  return promisify(execFile)(command, args, { cwd, env: { ...process.env, PATH } });
}

const typescriptProgram = `
import createClient from "openapi-fetch";
import type { paths } from "./api.ts";

const api = createClient<paths>({ baseUrl: process.argv[2] ?? "" });
const names = { firstName: "Ada", lastName: "Lovelace" };
const login = { email: "ada.ts@example.com", password: "correct horse battery" };
const registered = await api.POST("/api/auth/register", {
  body: { username: "ada_ts", ...login, ...names },
});
if (registered.error) throw new Error(registered.error.message);
const { data: session } = await api.POST("/api/auth/login", { body: login });
const headers = { authorization: \`Bearer \${session?.accessToken}\` };
const { data } = await api.POST("/api/rooms", { headers, body: { name: "typed" } });
if (!data) throw new Error("no room");
const sent = await api.POST("/api/rooms/{roomId}/messages", {
  headers,
  params: { path: { roomId: data.room.id } },
  body: { content: "Hello", messageType: "text", metadata: { from: "generated" } },
});
if (!sent.data) throw new Error(sent.error.message);
const { seq, content, messageType } = sent.data.data;
console.log(seq, content, data.room.roomType, messageType);
const wrong = await api.POST("/api/auth/login", { body: { ...login, password: "wrong horse" } });
if (wrong.error?.code === "INVALID_CREDENTIALS") console.log(wrong.error.code);
`;

const pythonProgram = `
import sys
from aetherconnect_client import AuthenticatedClient, Client
from aetherconnect_client.api.auth_service import auth_service_login, auth_service_register
from aetherconnect_client.api.message_service import message_service_send_message
from aetherconnect_client.api.room_service import room_service_create_room
from aetherconnect_client.models import CreateRoomRequest, LoginRequest, RegisterRequest, SendMessageRequest

anyone = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
email, password = "ada.py@example.com", "correct horse battery"
auth_service_register.sync(client=anyone, body=RegisterRequest(
    username="ada_py", email=email, password=password, first_name="Ada", last_name="Lovelace"))
session = auth_service_login.sync(client=anyone, body=LoginRequest(email=email, password=password))
client = AuthenticatedClient(base_url=sys.argv[1], token=session.access_token, raise_on_unexpected_status=True)
room = room_service_create_room.sync(client=client, body=CreateRoomRequest(name="python")).room
sent = message_service_send_message.sync(
    client=client, room_id=room.id, body=SendMessageRequest(content="Hello")).data
print(sent.seq, sent.content, room.room_type, sent.message_type)
wrong = auth_service_login.sync(client=anyone, body=LoginRequest(email=email, password="wrong horse"))
print(wrong.code)
`;

const generatorProgram = `
import sys
from openapi_client import *

conf = Configuration(host=sys.argv[1])
auth = AuthServiceApi(ApiClient(conf))
email, password = "ada.og@example.com", "correct horse battery"
auth.auth_service_register(RegisterRequest(
    username="ada_og", email=email, password=password, firstName="Ada", lastName="Lovelace"))
session = auth.auth_service_login(LoginRequest(email=email, password=password))
conf.access_token = session.access_token
room = RoomServiceApi(ApiClient(conf)).room_service_create_room(CreateRoomRequest(name="python")).room
sent = MessageServiceApi(ApiClient(conf)).message_service_send_message(
    room.id, SendMessageRequest(content="Hello", messageType="text", metadata={"from": "generated"})).data
print(sent.seq, sent.content, room.room_type, sent.message_type)
try:
    auth.auth_service_login(LoginRequest(email=email, password="wrong horse"))
except ApiException as wrong:
    print(wrong.data.code)
`;
