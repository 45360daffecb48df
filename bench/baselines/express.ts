/** Bare Express: one route that answers a constant of a profile's size; nobody is checked. */
import { createServer } from "node:http";
import express from "express";
import { reportReady } from "./message-maker.ts";

const profile = {
  success: true,
  message: "User profile retrieved successfully",
  user: {
    id: "100000001",
    username: "user_3f1c9a6b2d",
    email: "3f1c9a6b2d@example.com",
    firstName: "Ada",
    lastName: "Lovelace",
    name: "Ada Lovelace",
    roles: ["user"],
    createdAt: "2026-01-01T12:00:00.000Z",
    updatedAt: "2026-01-01T12:00:00.000Z",
  },
};
const app = express();
app.get("/api/auth/profile", (_, res) => {
  res.json(profile);
});
reportReady(createServer(app));
