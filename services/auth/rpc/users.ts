import { AppError, invalid } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import {
  findUserByUsername,
  isUserId,
  listSummaries,
  listUsers as listUserRows,
  loginKey,
  maxLoginLength,
  rowToSummary,
  rowToUser,
} from "../db/users.ts";

const defaultPageSize = 100;

export const findUser =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "findUser"> =>
  async ({ username }) => {
    if (username.length > maxLoginLength) throw new AppError("USER_NOT_FOUND");
    const user = await findUserByUsername(db, loginKey(username));
    if (!user) throw new AppError("USER_NOT_FOUND");
    return { user: rowToSummary(user) };
  };

export const getUsers =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "getUsers"> =>
  async ({ userIds }) => {
    const ids = [...new Set(userIds)].filter(isUserId);
    const users = ids.length > 0 ? await listSummaries(db, ids) : [];
    return { users: users.map(rowToSummary) };
  };

/** The page token is the id of the last user of the page before. */
export const listUsers =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "listUsers"> =>
  async ({ pageSize, pageToken }) => {
    if (pageToken !== "" && !isUserId(pageToken)) throw invalid("pageToken", "is not a page token");
    const size = pageSize || defaultPageSize;
    const rows = await listUserRows(db, pageToken || "0", size + 1);
    const users = rows.slice(0, size);
    return {
      users: users.map(rowToUser),
      nextPageToken: rows.length > size ? (users.at(-1)?.id ?? "") : "",
    };
  };
