import { create } from "@bufbuild/protobuf";
import { AppError, invalid } from "#contract/errors.ts";
import {
  type FindUserRequest,
  FindUserResponseSchema,
  type GetUsersRequest,
  GetUsersResponseSchema,
  type ListUsersRequest,
  ListUsersResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AuthContext } from "../context.ts";
import {
  findUserByUsername,
  isUserId,
  listSummaries,
  listUsers as listUserRows,
  rowToSummary,
  rowToUser,
} from "../db/users.ts";
import { loginKey, maxLoginLength } from "../login-key.ts";

const defaultPageSize = 100;

export const findUser =
  ({ db }: AuthContext) =>
  async ({ username }: FindUserRequest) => {
    if (username.length > maxLoginLength) throw new AppError("USER_NOT_FOUND");
    const user = await findUserByUsername(db, loginKey(username));
    if (!user) throw new AppError("USER_NOT_FOUND");
    return create(FindUserResponseSchema, { user: rowToSummary(user) });
  };

export const getUsers =
  ({ db }: AuthContext) =>
  async ({ userIds }: GetUsersRequest) => {
    const ids = [...new Set(userIds)].filter(isUserId);
    const users = ids.length > 0 ? await listSummaries(db, ids) : [];
    return create(GetUsersResponseSchema, { users: users.map(rowToSummary) });
  };

/** The page token is the id of the last user of the page before. */
export const listUsers =
  ({ db }: AuthContext) =>
  async ({ pageSize, pageToken }: ListUsersRequest) => {
    if (pageToken !== "" && !isUserId(pageToken)) throw invalid("pageToken", "is not a page token");
    const size = pageSize || defaultPageSize;
    const rows = await listUserRows(db, pageToken || "0", size + 1);
    const users = rows.slice(0, size);
    return create(ListUsersResponseSchema, {
      users: users.map(rowToUser),
      nextPageToken: rows.length > size ? (users.at(-1)?.id ?? "") : "",
    });
  };
