/** Texts that mean something to what stands behind a door. */
export const injections = [
  "' or '1'='1",
  "'; drop table auth.users cascade; --",
  "x' union select password_hash from auth.users --",
  "\\'; select pg_sleep(5); --",
  "$1",
  "%' --",
  '{"$ne":null}',
  '{"$gt":""}',
  "$where: sleep(1000)",
  "x\r\nSet-Cookie: accessToken=planted",
  "x\r\n\r\nHTTP/1.1 200 OK",
  "x\nx-client-address: 127.0.0.1",
  "*\r\nFLUSHALL\r\n",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "../../etc/passwd",
  "{{7*7}}<%= 7*7 %>#{7*7}",
  "<script>alert(1)</script>",
  "|| ping -c 1 127.0.0.1",
  "%00",
  "\u202egnp.exe",
];

/** Operators of MongoDB, where a text belongs. */
export const operators: unknown[] = [
  { $ne: null },
  { $gt: "" },
  { $regex: ".*" },
  { $where: "sleep(1000)" },
  { $in: ["x"] },
  { $or: [{}] },
  { $function: { body: "function(){return true}", args: [], lang: "js" } },
  { _bsontype: "ObjectId", id: "x" },
  [{ $ne: null }],
];

/** Keys and values that a store could take for something of its own, in an object that is kept. */
export const keptObjects: Record<string, unknown>[] = [
  { $where: "sleep(1000)", $ne: null, $set: { content: "planted" }, $inc: { seq: 1 } },
  { "a.b": 1, ".": 2, "..": 3, "a.$[].b": 4, $: 5, "": 6, "0": 7 },
  { _id: "x", _bsontype: "ObjectId", toBSON: "x", toJSON: "x", $oid: "5f0f0f0f0f0f0f0f0f0f0f0f" },
  { $numberLong: "1", $date: "2000-01-01T00:00:00Z", $binary: { base64: "eA==", subType: "00" } },
  { hasOwnProperty: 1, toString: "x", valueOf: null, length: 3 },
  { "' or 1=1 --": "'; drop table message.messages; --", $1: "$2", "%s": "%" },
  { deep: { $ne: { "a.b": [{ $gt: "" }] } } },
];

/** Refused as keys at any depth, for they mean something in JavaScript. */
export const prototypeKeys = ["__proto__", "constructor", "prototype"];
