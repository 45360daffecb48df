import "./styles/layers.css";
import "@fontsource-variable/inter/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { ChatProvider, connectClient } from "./chat.ts";
import { CrashPage } from "./shell/crash-page.tsx";

const chat = connectClient();
void chat.auth.start();

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");
const onUncaughtError = (error: unknown) => {
  reportError(error);
  page.render(<CrashPage />);
};
const page = createRoot(root, { onUncaughtError });
page.render(
  <StrictMode>
    <ChatProvider value={chat}>
      <App />
    </ChatProvider>
  </StrictMode>,
);
