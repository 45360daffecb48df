import { AppError, invalid } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import {
  isUserId,
  listUsers as listUserRows,
  loginKey,
  maxLoginLength,
  rowToSummary,
  rowToUser,
} from "../db/users.ts";

const defaultPageSize = 100;

export const findUser =
  ({ users }: Pick<AuthContext, "users">): Handler<typeof AuthService, "findUser"> =>
  async ({ username }) => {
    if (username.length > maxLoginLength) throw new AppError("USER_NOT_FOUND");
    const user = await users.named(loginKey(username));
    if (!user) throw new AppError("USER_NOT_FOUND");
    return { user: rowToSummary(user) };
  };

export const getUsers =
  ({ users }: Pick<AuthContext, "users">): Handler<typeof AuthService, "getUsers"> =>
  async ({ userIds }) => {
    const ids = [...new Set(userIds)].filter(isUserId);
    const found = ids.length > 0 ? await users.byIds(ids) : [];
    return {
      users: found.map(rowToSummary),
      hidingUserIds: found.filter((it) => !it.showPresence).map(({ id }) => id),
    };
  };

/** The page token is the id of the last user of the page before. */
export const listUsers =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "listUsers"> =>
  async ({ pageSize, pageToken }) => {
    if (pageToken !== "" && !isUserId(pageToken)) throw invalid("pageToken", "is not a page token");
    const size = pageSize || defaultPageSize;
    const rows = await listUserRows(db, { afterId: pageToken || "0", limit: size + 1 });
    const users = rows.slice(0, size);
    return {
      users: users.map(rowToUser),
      nextPageToken: rows.length > size ? (users.at(-1)?.id ?? "") : "",
    };
  };
